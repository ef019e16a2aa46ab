package billfile_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

func zipped(t *testing.T, headers ...*zip.FileHeader) channel.BillSource {
	t.Helper()
	var packed bytes.Buffer
	w := zip.NewWriter(&packed)
	for _, h := range headers {
		f, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, "text"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return channel.BillSource{Bytes: bytes.NewReader(packed.Bytes()), Size: int64(packed.Len()), Format: channel.BillZip}
}

// TestEntries: names in UTF-8 and GBK, and what is in them.
func TestEntries(t *testing.T) {
	entries, err := billfile.Entries(zipped(t,
		&zip.FileHeader{Name: "明细.csv"}, &zip.FileHeader{Name: "\xc3\xf7\xcf\xb8.csv", NonUTF8: true}))
	if err != nil || len(entries) != 2 || entries[0].Name != "明细.csv" || entries[1].Name != "明细.csv" {
		t.Fatalf("%+v %v", entries, err)
	}
	r, err := entries[1].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if text, err := io.ReadAll(r); err != nil || string(text) != "text" {
		t.Errorf("%q %v", text, err)
	}
}

// TestUnexpectedEntries: links, folders, names without end and crowds are no
// bill's.
func TestUnexpectedEntries(t *testing.T) {
	link := &zip.FileHeader{Name: "link.csv"}
	link.SetMode(fs.ModeSymlink | 0o777)
	crowd := make([]*zip.FileHeader, 17)
	for i := range crowd {
		crowd[i] = &zip.FileHeader{Name: fmt.Sprintf("%d.csv", i)}
	}
	for name, headers := range map[string][]*zip.FileHeader{
		"a link": {link}, "a path": {{Name: "a\\b.csv"}}, "no name": {{Name: ""}}, "a crowd": crowd,
	} {
		_, err := billfile.Entries(zipped(t, headers...))
		var broken *channel.BillError
		if !errors.As(err, &broken) || broken.Code != channel.BillPacking {
			t.Errorf("%s: %v", name, err)
		}
	}
}
