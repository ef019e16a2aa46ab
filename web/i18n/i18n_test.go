package i18n_test

import (
	"testing"

	"github.com/piaohao/piaohao/web/i18n"
)

func bundle(t *testing.T) *i18n.Bundle {
	t.Helper()
	b, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBothCataloguesHaveTheSameKeys(t *testing.T) {
	b := bundle(t)
	zh, en := b.Localizer(i18n.ZH), b.Localizer(i18n.EN)
	for _, key := range zh.Keys() {
		if !en.Has(key) {
			t.Errorf("%s is missing in English", key)
		}
	}
	for _, key := range en.Keys() {
		if !zh.Has(key) {
			t.Errorf("%s is missing in Chinese", key)
		}
	}
	if len(zh.Keys()) < 100 {
		t.Errorf("only %d keys were read", len(zh.Keys()))
	}
}

func TestPlacesAreFilled(t *testing.T) {
	en := bundle(t).Localizer(i18n.EN)
	if got := en.T("list.from", "what", "Amount"); got != "Amount, from" {
		t.Errorf("T = %q", got)
	}
}

func TestPluralsFollowTheLanguage(t *testing.T) {
	b := bundle(t)
	for _, c := range []struct {
		lang  i18n.Lang
		count int
		want  string
	}{
		{i18n.EN, 0, "0 rows"}, {i18n.EN, 1, "1 row"}, {i18n.EN, 20, "20 rows"}, {i18n.ZH, 1, "本页 1 条"},
	} {
		if got := b.Localizer(c.lang).N("list.shown", c.count); got != c.want {
			t.Errorf("%s %d: %q, want %q", c.lang, c.count, got, c.want)
		}
	}
}

func TestUnknownKeyShows(t *testing.T) {
	if got := bundle(t).Localizer(i18n.EN).T("no.such_key"); got != "⟦no.such_key⟧" {
		t.Errorf("T = %q", got)
	}
	if got := i18n.T(t.Context(), "nav.home"); got != "⟦nav.home⟧" {
		t.Errorf("T without a translator = %q", got)
	}
}

func TestMatchChoosesTheLanguage(t *testing.T) {
	b := bundle(t)
	for header, want := range map[string]i18n.Lang{
		"": i18n.ZH, "en-GB,en;q=0.9": i18n.EN, "zh-TW": i18n.ZH, "zh-Hans-CN,en;q=0.5": i18n.ZH,
		"fr-FR": i18n.ZH, "fr;q=0.9,en;q=0.5": i18n.EN, ";;;": i18n.ZH,
	} {
		if got := b.Match(header); got != want {
			t.Errorf("Match(%q) = %s, want %s", header, got, want)
		}
	}
}
