// Package archive keeps files for good, each under the SHA-256 of its bytes: the
// originals of bills and the results of runs. The same bytes are kept once, and
// bytes that were altered are refused when they are read.
package archive

import (
	"context"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"github.com/piaohao/piaohao/app"
)

// Store is an archive. Its methods are safe for concurrent use, by any number of
// servers on one archive.
type Store interface {
	// Put keeps what write writes. A failed write keeps nothing, and its error is
	// returned as it is. Once Put returns, the bytes are durable. Writing the same
	// bytes again also heals a damaged copy.
	Put(ctx context.Context, write func(w io.Writer) error) (File, error)
	// Open returns a kept file once all its bytes were verified. Errors: NotFound,
	// and Internal with the reason "archive_altered" when they are not what was
	// kept.
	Open(ctx context.Context, key string) (Blob, error)
	// Has reports whether a file is kept under the key.
	Has(ctx context.Context, key string) (bool, error)
}

// File names what was kept.
type File struct {
	Key  string // lower-case hex of the bytes' SHA-256
	Size int64
}

// Blob is a kept file, open for reading.
type Blob interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// keyLength is that of a key.
const keyLength = 64

// valid reports whether s can be a key: nothing else ever becomes part of a path.
func valid(s string) bool {
	if len(s) != keyLength {
		return false
	}
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
	}
	return true
}

// place is where a key's file lies, so that no folder holds too many.
func place(key string) string { return key[:2] + "/" + key }

func errMissing(key string) error {
	return app.Errorf(app.NotFound, "the archive has no file %s: restore it from a backup, or run the day again", key).WithReason("archive_missing")
}

func errAltered(key string) error {
	return app.Errorf(app.Internal, "the archived file %s was altered: restore it from a backup, or run the day again", key).WithReason("archive_altered")
}

// Altered reports whether err says that archived bytes are not what was kept.
func Altered(err error) bool {
	var e *app.Error
	return errors.As(err, &e) && e.Reason == "archive_altered"
}

// counter hashes and counts what passes through it.
type counter struct {
	to   io.Writer
	hash hash.Hash
	size int64
}

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.hash.Write(p[:n])
	c.size += int64(n)
	return n, err
}

func (c *counter) file() File {
	return File{Key: hex.EncodeToString(c.hash.Sum(nil)), Size: c.size}
}
