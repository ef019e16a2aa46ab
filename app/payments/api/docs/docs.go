// Package docs publishes the merchant API's OpenAPI document, and the reference
// that is rendered from it on the server: what is not in the document is not on
// the page.
package docs

import (
	"bytes"
	"context"
	_ "embed" // the document
	"fmt"
	"strings"

	"github.com/a-h/templ"
	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var source string

// Source returns the OpenAPI 3.1 document as it is served.
func Source() []byte { return []byte(source) }

// Docs serves the document and its pages, which are rendered once.
type Docs struct {
	files map[string]file // by path and, for pages, language: "/docs en"
}

// New reads the document and renders its pages. An error means that the
// embedded document is broken.
func New() (*Docs, error) {
	var spec document
	if err := yaml.NewDecoder(strings.NewReader(source)).Decode(&spec); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	d := &Docs{files: map[string]file{
		pathDocument: newFile("application/yaml; charset=utf-8", []byte(source)),
		pathCSS:      newFile("text/css; charset=utf-8", css),
	}}
	for _, lang := range []string{english, chinese} {
		page, err := spec.page(lang)
		if err != nil {
			return nil, fmt.Errorf("lay out the API reference: %w", err)
		}
		for path, body := range map[string]templ.Component{pathDocs: reference(page), pathErrors: errorList(page)} {
			html, err := render(body)
			if err != nil {
				return nil, fmt.Errorf("render %s: %w", path, err)
			}
			d.files[path+" "+lang] = newFile("text/html; charset=utf-8", html)
		}
	}
	return d, nil
}

func render(c templ.Component) ([]byte, error) {
	var b bytes.Buffer
	err := c.Render(context.Background(), &b)
	return b.Bytes(), err
}
