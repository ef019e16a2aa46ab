package billfile

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"io"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// Broken is a BillError of the whole file.
func Broken(code, detail string) *channel.BillError {
	return &channel.BillError{Code: code, Detail: detail}
}

// Limit is how long the source's unpacked text may be.
func Limit(s channel.BillSource) int64 {
	if s.MaxUnpacked > 0 {
		return s.MaxUnpacked
	}
	return channel.MaxBill
}

// Text opens a source that is one text, plain or by gzip, whose checksum is
// checked when the text ends.
func Text(s channel.BillSource) (io.Reader, error) {
	raw := &source{r: io.NewSectionReader(s.Bytes, 0, s.Size)}
	switch s.Format {
	case channel.BillPlain:
		return raw, nil
	case channel.BillGzip:
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, raw.failure(err)
		}
		return &unpacked{r: z, raw: raw}, nil
	}
	return nil, Broken(channel.BillPacking, "format "+string(s.Format))
}

// source remembers that the original itself could not be read, which is not the
// file's fault.
type source struct {
	r   io.Reader
	err error
}

// Read reads on.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// failure judges an error of what unpacks the source.
func (s *source) failure(err error) error {
	var corrupt flate.CorruptInputError
	switch {
	case s.err != nil:
		return s.err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Broken(channel.BillTruncated, "the packed bytes end too early")
	case errors.As(err, &corrupt):
		return Broken(channel.BillPacking, "corrupt deflate data")
	}
	return Broken(channel.BillPacking, err.Error())
}

// unpacked turns the errors of unpacking into a BillError.
type unpacked struct {
	r   io.Reader
	raw *source
}

// Read reads on.
func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, u.raw.failure(err)
}
