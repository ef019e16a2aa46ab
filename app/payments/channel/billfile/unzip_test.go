package billfile_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"strconv"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// weighed counts what is read.
type weighed struct {
	io.ReaderAt
	read int
}

// ReadAt reads on.
func (w *weighed) ReadAt(p []byte, off int64) (int, error) {
	n, err := w.ReaderAt.ReadAt(p, off)
	w.read += n
	return n, err
}

// A zip can list millions of files in a few megabytes. It is known for no bill
// long before they are all in memory.
func TestAZipOfCountlessEntriesIsNotListed(t *testing.T) {
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for n := range 50_000 {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: strconv.Itoa(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := &weighed{ReaderAt: bytes.NewReader(packed.Bytes())}
	_, err := billfile.Entries(channel.BillSource{Bytes: file, Size: int64(packed.Len()), Format: channel.BillZip})
	var broken *channel.BillError
	if !errors.As(err, &broken) || broken.Code != channel.BillPacking {
		t.Errorf("listed: %v", err)
	}
	if file.read > 512<<10 {
		t.Errorf("%d bytes were read of a directory", file.read)
	}
}
