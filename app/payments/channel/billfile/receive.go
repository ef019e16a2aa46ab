package billfile

import (
	"bufio"
	"compress/gzip"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Received is a file that came whole.
type Received struct {
	Format channel.BillFormat
	Size   int64  // as it came
	SHA1   string // of the unpacked text, lower-case hex; "" of a zip
}

// ReadError is a file that did not come to its end.
type ReadError struct{ Err error }

// Error describes it for logs.
func (e *ReadError) Error() string { return "read the file: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *ReadError) Unwrap() error { return e.Err }

// gzipMagic begins a gzip.
const gzipMagic = "\x1f\x8b"

// Receive copies a text, plain or by gzip, from r to w as it comes, and hashes
// what it unpacks to beside that, in constant memory. Errors of w come back as
// they are, those of r as a *ReadError, and what is wrong with the packing as a
// *channel.BillError.
func Receive(r io.Reader, w io.Writer) (Received, error) {
	t := &tap{r: r, w: w, left: channel.MaxDownload}
	got, err := receive(bufio.NewReaderSize(t, blockSize))
	if err := t.failure(err); err != nil {
		return Received{}, err
	}
	got.Size = t.size
	return got, nil
}

func receive(r *bufio.Reader) (Received, error) {
	head, err := r.Peek(len(gzipMagic))
	if len(head) == 0 {
		return Received{}, err
	}
	text, format := io.Reader(r), channel.BillPlain
	if string(head) == gzipMagic {
		z, err := gzip.NewReader(r)
		if err != nil {
			return Received{}, err
		}
		text, format = z, channel.BillGzip
	}
	hash := sha1.New() //nolint:gosec // the channel's choice
	n, err := io.Copy(hash, io.LimitReader(text, channel.MaxBill+1))
	if err != nil {
		return Received{}, err
	}
	if n > channel.MaxBill {
		return Received{}, Broken(channel.BillTooLarge, "longer than a bill may be")
	}
	return Received{Format: format, SHA1: hex.EncodeToString(hash.Sum(nil))}, nil
}

// ReceiveZip copies a zip from r to w as it comes. That it is one is seen at its
// beginning; its checksums stand at its end and are checked when it is read.
// Errors are as Receive's.
func ReceiveZip(r io.Reader, w io.Writer) (Received, error) {
	t := &tap{r: r, w: w, left: channel.MaxDownload}
	buffered := bufio.NewReaderSize(t, blockSize)
	head, err := buffered.Peek(len(Magic))
	if err == nil && string(head) != Magic {
		err = Broken(channel.BillPacking, Found("not a zip", string(head)))
	}
	if err == nil {
		_, err = io.Copy(io.Discard, buffered)
	}
	if err := t.failure(err); err != nil {
		return Received{}, err
	}
	return Received{Format: channel.BillZip, Size: t.size}, nil
}

// tap copies what is read, and tells whose an error is.
type tap struct {
	r                 io.Reader
	w                 io.Writer
	size, left        int64
	readErr, writeErr error
}

// Read reads on and writes what came.
func (t *tap) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		t.readErr = err
	}
	t.size += int64(n)
	if t.left -= int64(n); t.left < 0 {
		return 0, Broken(channel.BillTooLarge, "longer than a download may be")
	}
	if n > 0 {
		if _, failed := t.w.Write(p[:n]); failed != nil {
			t.writeErr = failed
			return 0, failed
		}
	}
	return n, err
}

func (t *tap) failure(err error) error {
	var broken *channel.BillError
	switch {
	case err == nil:
		return nil
	case t.writeErr != nil:
		return t.writeErr
	case t.readErr != nil:
		return &ReadError{t.readErr}
	case errors.As(err, &broken):
		return broken
	}
	return (&source{}).failure(err)
}
