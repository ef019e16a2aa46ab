// Package i18n translates the interface: catalogues of sentences by key, one
// file per subject and language. Every key exists in every language; a test
// holds that.
package i18n

import (
	"context"
	"embed"
	"fmt"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

// Lang is a language of the interface, as in the html lang attribute.
type Lang string

// The languages. ZH is the default.
const (
	ZH Lang = "zh-CN"
	EN Lang = "en"
)

// Valid reports whether l is a language of the interface.
func (l Lang) Valid() bool { return l == ZH || l == EN }

//go:embed catalogue/*.toml
var catalogue embed.FS

// Bundle holds the catalogues of all languages. It is safe for concurrent use.
type Bundle struct {
	localizers map[Lang]*Localizer
}

// New reads the embedded catalogues. An error means a broken catalogue file.
func New() (*Bundle, error) {
	bundle := i18n.NewBundle(language.MustParse(string(ZH)))
	bundle.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	entries, err := catalogue.ReadDir("catalogue")
	if err != nil {
		return nil, fmt.Errorf("read catalogues: %w", err)
	}
	keys := map[Lang]map[string]bool{ZH: {}, EN: {}}
	for _, entry := range entries {
		file, err := bundle.LoadMessageFileFS(catalogue, "catalogue/"+entry.Name())
		if err != nil {
			return nil, fmt.Errorf("load catalogue %s: %w", entry.Name(), err)
		}
		lang := Lang(file.Tag.String())
		if !lang.Valid() {
			return nil, fmt.Errorf("load catalogue %s: unknown language %s", entry.Name(), lang)
		}
		for _, m := range file.Messages {
			keys[lang][m.ID] = true
		}
	}
	b := &Bundle{localizers: map[Lang]*Localizer{}}
	for lang, known := range keys {
		b.localizers[lang] = &Localizer{lang: lang, keys: known, inner: i18n.NewLocalizer(bundle, string(lang))}
	}
	return b, nil
}

// Localizer returns the translator of a language, of ZH for an unknown one.
func (b *Bundle) Localizer(lang Lang) *Localizer {
	if l, ok := b.localizers[lang]; ok {
		return l
	}
	return b.localizers[ZH]
}

// Match chooses the language for an Accept-Language header.
func (b *Bundle) Match(acceptLanguage string) Lang {
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(tags) == 0 {
		return ZH
	}
	langs := []Lang{ZH, EN}
	_, index, confidence := language.NewMatcher([]language.Tag{language.SimplifiedChinese, language.English}).Match(tags...)
	if confidence == language.No {
		return ZH
	}
	return langs[index]
}

// With puts the translator of a page into its context.
func With(ctx context.Context, l *Localizer) context.Context {
	return context.WithValue(ctx, contextKey{}, l)
}

// From returns the translator in ctx, nil without one.
func From(ctx context.Context) *Localizer {
	l, _ := ctx.Value(contextKey{}).(*Localizer)
	return l
}

type contextKey struct{}
