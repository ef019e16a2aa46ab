package paymentstest

import (
	"io"
	"net/http"
	"strings"
	"sync"
)

// Wire is the network between platform and channel: it can lose answers.
type Wire struct {
	next   http.RoundTripper
	mu     sync.Mutex
	Fail   func(r *http.Request) error          // before anything is sent
	Lose   func(r *http.Request) bool           // sent, but the answer is lost
	Forge  func(r *http.Request) *http.Response // answers in the channel's place, nil where it may answer itself
	seen   map[string]int                       // requests by path
	asked  map[string]int                       // requests by Operation
	Bodies []string                             // of requests that place orders
}

// RoundTrip implements http.RoundTripper.
func (w *Wire) RoundTrip(r *http.Request) (*http.Response, error) {
	w.mu.Lock()
	fail, lose, forge := w.Fail, w.Lose, w.Forge
	if w.seen == nil {
		w.seen, w.asked = map[string]int{}, map[string]int{}
	}
	w.asked[Operation(r)]++
	w.seen[r.Method+" "+r.URL.Path]++
	if r.GetBody != nil && strings.HasSuffix(r.URL.Path, "/native") {
		if b, err := r.GetBody(); err == nil {
			text, _ := io.ReadAll(b)
			w.Bodies = append(w.Bodies, string(text))
		}
	}
	w.mu.Unlock()
	if fail != nil {
		if err := fail(r); err != nil {
			return nil, err
		}
	}
	if forge != nil {
		if res := forge(r); res != nil {
			return res, nil
		}
	}
	res, err := w.next.RoundTrip(r)
	if err == nil && lose != nil && lose(r) {
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return res, err
}

// Set changes the wire's behaviour.
func (w *Wire) Set(f func(w *Wire)) { w.mu.Lock(); defer w.mu.Unlock(); f(w) }

// Count returns how often a call such as WeChatNative was made.
func (w *Wire) Count(call string) int { w.mu.Lock(); defer w.mu.Unlock(); return w.seen[call] }

// WeChatNative is the call that places a native order, for Wire.Count.
const WeChatNative = "POST /sandbox/wechat/v3/pay/transactions/native"

// Total returns how many calls were made in all.
func (w *Wire) Total() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, calls := range w.seen {
		n += calls
	}
	return n
}
