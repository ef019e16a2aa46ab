package gallery

import (
	"regexp"
	"strings"
	"testing"
)

func TestEveryPageHasASample(t *testing.T) {
	samples := sources(t, ".", func(path string) bool { return strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") })
	found := regexp.MustCompile(`(?m)^templ ([A-Z]\w*Page)\(`).FindAllStringSubmatch(templates(t), -1)
	if len(found) < 60 {
		t.Fatalf("only %d pages were found", len(found))
	}
	for _, m := range found {
		if !strings.Contains(samples, "pages."+m[1]+"(") {
			t.Errorf("nobody can look at %s: the gallery has no sample of it", m[1])
		}
	}
}
