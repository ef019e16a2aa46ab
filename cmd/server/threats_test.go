package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestTheHeadsOfTheAuditAreInTheLog(t *testing.T) {
	s := serveWith(t, nil)
	if _, err := s.merchants.CreateMerchant(t.Context(), "Audited"); err != nil {
		t.Fatal(err)
	}
	if err := s.logAuditHeads(t.Context()); err != nil {
		t.Fatal(err)
	}
	heads, err := s.audit.Heads(t.Context())
	if err != nil || len(heads) == 0 {
		t.Fatalf("%d heads, %v", len(heads), err)
	}
	for _, h := range heads {
		if !regexp.MustCompile(`"audit head".*"chain":"` + h.Chain + `".*"hash":"[^"]*` + regexp.QuoteMeta(h.Hash)).MatchString(s.log.String()) {
			t.Errorf("the head %s of %s is not in the log:\n%s", h.Hash, h.Chain, s.log.String())
		}
	}
}

// A threat's row is worth its tests: each that the document names exists.
func TestTheThreatsNameTestsThatExist(t *testing.T) {
	document, err := os.ReadFile("../../docs/THREATS.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, dir := range []string{"../../app", "../../cmd", "../../web"} {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			tests.Write(text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]+)`").FindAllStringSubmatch(string(document), -1)
	if len(named) < 100 {
		t.Errorf("the document names %d tests", len(named))
	}
	for _, name := range named {
		if !strings.Contains(tests.String(), "func "+name[1]+"(") {
			t.Errorf("there is no test %s", name[1])
		}
	}
}
