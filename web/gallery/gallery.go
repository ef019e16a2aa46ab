// Package gallery renders every page of the console with invented data, so that
// people and tests can look at all of them without a database. It is no part
// of the server.
package gallery

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/static"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Page is one page of the gallery in one state.
type Page struct {
	Name  string
	Build func(ctx context.Context, s layout.Shell) templ.Component
}

// Variant is how a page is shown.
type Variant struct {
	Lang  i18n.Lang
	Theme layout.Theme
}

// Variants are both languages in both themes.
func Variants() []Variant {
	return []Variant{{i18n.ZH, layout.Light}, {i18n.EN, layout.Light}, {i18n.ZH, layout.Dark}, {i18n.EN, layout.Dark}}
}

// Policy is the content security policy that the server sends.
const Policy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

// Gallery serves pages at /{lang}/{theme}/{name}.
type Gallery struct {
	bundle *i18n.Bundle
	files  *static.Files
	pages  []Page
}

// New reads the catalogues and the bundle. static.ErrNotBuilt comes with a
// usable Gallery without styles.
func New() (*Gallery, error) {
	bundle, err := i18n.New()
	if err != nil {
		return nil, err
	}
	files, err := static.Load()
	return &Gallery{bundle: bundle, files: files, pages: Pages()}, err
}

// Pages lists the gallery's pages.
func (g *Gallery) Pages() []Page { return g.pages }

// Render makes one page in one variant.
func (g *Gallery) Render(ctx context.Context, p Page, v Variant) (context.Context, templ.Component) {
	ctx = i18n.With(ctx, g.bundle.Localizer(v.Lang))
	return ctx, p.Build(ctx, shell(ctx, v, g.files.URL))
}

// ServeHTTP serves the pages, the bundle and an index.
func (g *Gallery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, static.Prefix) {
		g.files.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", Policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page, variant, ok := g.find(r.URL.Path)
	switch {
	case !ok && r.URL.Path == "/":
		g.index(w)
		return
	case !ok && r.Header.Get("HX-Request") != "": // a fragment: there is nothing behind the pages, which stay as they are
		w.WriteHeader(http.StatusNoContent)
		return
	case !ok:
		http.NotFound(w, r)
		return
	}
	ctx, component := g.Render(r.Context(), page, variant)
	if err := component.Render(ctx, w); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// Path is the address of a page in a variant.
func Path(p Page, v Variant) string { return fmt.Sprintf("/%s/%s/%s", v.Lang, v.Theme, p.Name) }

func (g *Gallery) find(path string) (Page, Variant, bool) {
	for _, p := range g.pages {
		variants := Variants()
		i := slices.IndexFunc(variants, func(v Variant) bool { return Path(p, v) == path })
		if i >= 0 {
			return p, variants[i], true
		}
	}
	return Page{}, Variant{}, false
}

func (g *Gallery) index(w http.ResponseWriter) {
	for _, p := range g.pages {
		for _, v := range Variants() {
			fmt.Fprintf(w, "<a href=%q>%s</a><br>\n", Path(p, v), Path(p, v))
		}
	}
}
