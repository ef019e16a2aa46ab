package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A reader who has the file open while it is written anew has all of the old one,
// not the beginning of the new.
func TestNobodyReadsHalfOfTheDemosFacts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.env")
	if err := (demoFacts{Merchant: "mch_old"}).write(file); err != nil {
		t.Fatal(err)
	}
	reader, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := (demoFacts{Merchant: "mch_new"}).write(file); err != nil {
		t.Fatal(err)
	}
	old, err := io.ReadAll(reader)
	if err != nil || !strings.Contains(string(old), "mch_old") {
		t.Errorf("the reader has %q, %v", old, err)
	}
	if now, err := readDemo(file); err != nil || now.Merchant != "mch_new" {
		t.Errorf("the file has %+v, %v", now, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want mode 0600", info, err)
	}
}
