package safedial

import (
	"errors"
	"io"
	"net/http"
)

// ErrBodyTooLarge means that a reply went on past Options.MaxBody.
var ErrBodyTooLarge = errors.New("the reply is larger than allowed")

// limited caps how much of every reply can be read.
type limited struct {
	next http.RoundTripper
	max  int64
}

// RoundTrip sends the request and wraps the reply's body.
func (l limited) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := l.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Body = &cappedBody{body: res.Body, left: l.max}
	return res, nil
}

// CloseIdleConnections lets http.Client.CloseIdleConnections reach the pool.
func (l limited) CloseIdleConnections() {
	if c, ok := l.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

type cappedBody struct {
	body io.ReadCloser
	left int64
}

// Read reads up to the cap, and one byte beyond it to tell a reply that ends
// there from one that goes on.
func (c *cappedBody) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrBodyTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.body.Read(p)
	if int64(n) > c.left {
		n, err = int(c.left), ErrBodyTooLarge
		c.left = -1
		return n, err
	}
	c.left -= int64(n)
	return n, err
}

// Close closes the reply.
func (c *cappedBody) Close() error { return c.body.Close() }
