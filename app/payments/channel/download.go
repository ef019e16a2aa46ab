package channel

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// DownloadTimeout is how long a file may take; the caller's context may be
// stricter.
const DownloadTimeout = 10 * time.Minute

// MaxDownload is how long a file may be as it comes, packed.
const MaxDownload = 4 << 30

// fileHeaderTimeout is how long a channel may take until a file begins: it may
// have to be made first.
const fileHeaderTimeout = 2 * time.Minute

// FileTransport is a transport for files beside the one for calls: it waits
// longer for the beginning, and keeps no connection for the few files of a day. A
// transport of another kind is returned as it is.
func FileTransport(calls http.RoundTripper) http.RoundTripper {
	t, ok := calls.(*http.Transport)
	if !ok {
		return calls
	}
	files := t.Clone()
	files.ResponseHeaderTimeout, files.DisableKeepAlives = fileHeaderTimeout, true
	return files
}

// FileClient wraps a transport for files, which take longer than calls. It
// follows no redirect.
func FileClient(transport http.RoundTripper) *http.Client {
	c := HTTPClient(transport)
	c.Timeout = 0 // the context's
	return c
}

// RecordingFiles hands a file over as it comes, and reports the exchange without
// its content to the recorder in the request's context when it has ended. An
// answer that is no file is read and reported as by Recording. Values of the
// address's query are not reported: with them anybody could have the file.
func RecordingFiles(next http.RoundTripper, redact Redactor) http.RoundTripper {
	return &recordingFiles{next: next, small: &recording{redact: redact}}
}

type recordingFiles struct {
	next  http.RoundTripper
	small *recording
}

// RoundTrip makes the call. It asks for the bytes as they are: the transport
// would unpack what the channel has packed for us.
func (t *recordingFiles) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	sent := r.Clone(r.Context())
	sent.Header.Set("Accept-Encoding", "identity")
	named := r.Clone(r.Context()) // as it is reported
	named.URL = withoutValues(r.URL)
	response, err := t.next.RoundTrip(sent)
	if err != nil {
		t.small.report(named, nil, nil, time.Since(start), err)
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		page := &recording{next: answered{response}, redact: t.small.redact}
		return page.RoundTrip(named)
	}
	response.Body = &recordedBody{ReadCloser: response.Body, end: func(n int64, err error) {
		e := Exchange{
			Method: named.Method, URL: named.URL.String(), Status: response.StatusCode,
			Response: fmt.Sprintf("%d bytes", n), Duration: time.Since(start), Err: err,
		}
		e.Operation, _ = r.Context().Value(operationKey{}).(string)
		Record(r.Context(), e)
	}}
	return response, nil
}

// answered is a transport that has its answer already.
type answered struct{ response *http.Response }

func (a answered) RoundTrip(*http.Request) (*http.Response, error) { return a.response, nil }

// recordedBody tells how much was read when it is closed.
type recordedBody struct {
	io.ReadCloser
	n    int64
	err  error
	once sync.Once
	end  func(n int64, err error)
}

// Read reads on.
func (b *recordedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		b.err = err
	}
	return n, err
}

// Close ends the exchange.
func (b *recordedBody) Close() error {
	err := b.ReadCloser.Close()
	b.once.Do(func() { b.end(b.n, b.err) })
	return err
}

// withoutValues masks what stands in an address's query.
func withoutValues(u *url.URL) *url.URL {
	masked := *u
	masked.User, masked.Fragment = nil, ""
	var pairs []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if name, _, ok := strings.Cut(pair, "="); ok {
			pair = name + "=****"
		}
		pairs = append(pairs, pair)
	}
	masked.RawQuery = strings.Join(pairs, "&")
	return &masked
}

// WithoutAddress drops the address from an error of an HTTP client, whose query
// would let a reader have the file.
func WithoutAddress(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return fmt.Errorf("%s: %w", strings.ToUpper(e.Op), e.Err)
	}
	return err
}
