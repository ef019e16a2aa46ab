package channel

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// answerLimit bounds an answer; the longest real one has a few KiB.
	answerLimit = 1 << 20
	// excerptLimit bounds what an Exchange keeps of a body.
	excerptLimit = 8 << 10
)

type operationKey struct{}

// WithOperation names what the HTTP calls made under ctx are for; an Exchange
// carries the name.
func WithOperation(ctx context.Context, operation string) context.Context {
	return context.WithValue(ctx, operationKey{}, operation)
}

// Redactor renders a body for the timeline, without personal data.
type Redactor func(body []byte) string

// Recording reads each answer as a whole, at most 1 MiB, and reports the
// exchange to the recorder in the request's context. Headers are not reported:
// they hold signatures.
func Recording(next http.RoundTripper, redact Redactor) http.RoundTripper {
	return &recording{next: next, redact: redact}
}

type recording struct {
	next   http.RoundTripper
	redact Redactor
}

// RoundTrip makes the call and reports it.
func (t *recording) RoundTrip(r *http.Request) (*http.Response, error) {
	start := time.Now()
	response, body, err := t.call(r)
	if _, wanted := r.Context().Value(recorderKey{}).(func(Exchange)); wanted {
		t.report(r, response, body, time.Since(start), err)
	}
	return response, err
}

func (t *recording) call(r *http.Request) (*http.Response, []byte, error) {
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	_ = response.Body.Close() // it was read; closing frees the connection
	if err == nil && len(body) > answerLimit {
		err = fmt.Errorf("answer exceeds %d bytes", answerLimit)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read answer %d: %w", response.StatusCode, err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, body, nil
}

func (t *recording) report(r *http.Request, response *http.Response, answer []byte, d time.Duration, err error) {
	e := Exchange{
		Method: r.Method, URL: r.URL.Redacted(), Duration: d, Err: err,
		Request: t.excerpt(requestBody(r)), Response: t.excerpt(answer),
	}
	e.Operation, _ = r.Context().Value(operationKey{}).(string)
	if response != nil {
		e.Status = response.StatusCode
	}
	Record(r.Context(), e)
}

// requestBody returns what was sent; the transport has consumed the body, so a
// fresh copy is taken.
func requestBody(r *http.Request) []byte {
	if r.GetBody == nil {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		return nil
	}
	defer func() { _ = body.Close() }()
	sent, _ := io.ReadAll(io.LimitReader(body, answerLimit)) // a copy in memory: it does not fail
	return sent
}

func (t *recording) excerpt(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	s := strings.ToValidUTF8(t.redact(body), "�")
	if len(s) > excerptLimit {
		return strings.ToValidUTF8(s[:excerptLimit], "") + "…"
	}
	return s
}
