package billfile

import (
	"archive/zip"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/piaohao/piaohao/app/payments/channel"
)

const (
	// maxEntries is more than any bill has.
	maxEntries = 16
	// maxDirectory is how much may be read to list them, of which the search for
	// the directory takes some 70 KiB. A file may hold millions of entries.
	maxDirectory = 256 << 10
)

// errDirectory ends the reading of a directory.
var errDirectory = errors.New("a directory larger than a bill's")

// Entry is a file within a zip.
type Entry struct {
	Name string
	file *zip.File
	raw  *readerAt
}

// Entries lists a zip's files, whose names may be GBK. Folders, and names that
// lead out of where they are, are no bill's.
func Entries(s channel.BillSource) ([]Entry, error) {
	if s.Format != channel.BillZip {
		return nil, Broken(channel.BillPacking, "format "+string(s.Format))
	}
	raw := &readerAt{r: s.Bytes, bounded: true, left: maxDirectory}
	z, err := zip.NewReader(raw, s.Size)
	raw.bounded = false
	if errors.Is(err, zip.ErrFormat) && raw.err == nil && IsZip(s.Bytes) {
		return nil, Broken(channel.BillTruncated, "the packed bytes end too early")
	}
	if err != nil {
		return nil, raw.failure(err)
	}
	if len(z.File) > maxEntries {
		return nil, Broken(channel.BillPacking, "too many entries")
	}
	entries := make([]Entry, 0, len(z.File))
	for _, f := range z.File {
		name, err := nameOf(f)
		if err != nil {
			return nil, err
		}
		entries = append(entries, Entry{Name: name, file: f, raw: raw})
	}
	return entries, nil
}

// Magic begins a zip with an entry in it.
const Magic = "PK\x03\x04"

// IsZip reports whether the bytes begin as a zip does.
func IsZip(r io.ReaderAt) bool {
	var head [len(Magic)]byte
	n, _ := r.ReadAt(head[:], 0) // what cannot be read is no zip
	return string(head[:n]) == Magic
}

func nameOf(f *zip.File) (string, error) {
	name := f.Name
	if f.NonUTF8 {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().String(name)
		if err != nil {
			return "", Broken(channel.BillPacking, "the name of an entry")
		}
		name = decoded
	}
	if name == "" || strings.ContainsAny(name, "/\\\x00") || f.Mode()&^0o777 != 0 {
		return "", Broken(channel.BillPacking, "unexpected entry "+name)
	}
	return name, nil
}

// Open reads an entry; its checksum is checked when it ends.
func (e Entry) Open() (io.ReadCloser, error) {
	r, err := e.file.Open()
	if err != nil {
		return nil, e.raw.failure(err)
	}
	return &entryReader{r: r, raw: e.raw}, nil
}

type entryReader struct {
	r   io.ReadCloser
	raw *readerAt
}

// Read reads on.
func (r *entryReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, r.raw.failure(err)
}

// Close frees the unpacking.
func (r *entryReader) Close() error { return r.r.Close() }

// readerAt remembers that the original itself could not be read.
type readerAt struct {
	r       io.ReaderAt
	err     error
	bounded bool  // while the directory is read
	left    int64 // of what may be read then
}

// ReadAt reads from the original.
func (r *readerAt) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 { // a directory that points before the file
		return 0, zip.ErrFormat
	}
	if r.bounded {
		if r.left -= int64(len(p)); r.left < 0 {
			return 0, errDirectory
		}
	}
	n, err := r.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

func (r *readerAt) failure(err error) error { return (&source{err: r.err}).failure(err) }
