package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"time"
)

// front stands where the platform's base URL points and takes what the channels
// send there: it keeps signed notifications, to be sent at full speed later, or
// passes them on, as it does whatever else comes. It is also the merchant's
// webhook receiver.
type front struct {
	url      string // scheme and host
	platform string
	server   *http.Server
	http     *http.Client

	mu    sync.Mutex
	keep  bool
	kept  []captured
	heard map[string]time.Time // payment: when its webhook came
}

// captured is a notification as the channel sent it.
type captured struct {
	path   string
	header http.Header
	body   []byte
}

func newFront(platform string, clients int) (*front, error) {
	at, err := url.Parse(platform)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &front{url: "http://" + listener.Addr().String(), platform: platform, http: newClient(clients), heard: map[string]time.Time{}}
	mux := http.NewServeMux()
	mux.Handle("/", httputil.NewSingleHostReverseProxy(at))
	mux.HandleFunc("POST /callbacks/", f.callback)
	mux.HandleFunc("POST /hook", f.hook)
	f.server = &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = f.server.Serve(listener) }()
	return f, nil
}

func (f *front) close() error {
	f.http.CloseIdleConnections()
	return f.server.Close()
}

func (f *front) callback(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := captured{path: r.URL.Path, header: r.Header.Clone(), body: body}
	f.mu.Lock()
	keep := f.keep
	if keep {
		f.kept = append(f.kept, c)
	}
	f.mu.Unlock()
	if !keep {
		if err := f.deliver(r.Context(), c); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// deliver sends a notification to the platform as the channel would.
func (f *front) deliver(ctx context.Context, c captured) error {
	req, err := newRequest(ctx, http.MethodPost, f.platform+c.path, c.body)
	if err != nil {
		return err
	}
	req.Header = c.header
	res, err := f.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if text, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("the notification was answered %s %s", res.Status, text)
	}
	return nil
}

// collect keeps what the channel sends while f runs, and waits until n have
// come.
func (f *front) collect(ctx context.Context, n int, pay func() error) ([]captured, error) {
	f.mu.Lock()
	f.keep, f.kept = true, nil
	f.mu.Unlock()
	defer func() { f.mu.Lock(); f.keep = false; f.mu.Unlock() }()
	if err := pay(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		f.mu.Lock()
		got := slices.Clone(f.kept)
		f.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%d of %d notifications came", len(got), n)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (f *front) hook(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	var event struct {
		Type string `json:"type"`
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err := json.NewDecoder(r.Body).Decode(&event); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, again := f.heard[event.Data.ID]; !again && event.Type == "payment.succeeded" {
		f.heard[event.Data.ID] = now
	}
}

// heardOf waits for the payment's webhook and returns when it came.
func (f *front) heardOf(ctx context.Context, payment string, within time.Duration) (time.Time, error) {
	for deadline := time.Now().Add(within); ; {
		f.mu.Lock()
		at, ok := f.heard[payment]
		f.mu.Unlock()
		if ok {
			return at, nil
		}
		if time.Now().After(deadline) {
			return at, errors.New("no webhook came about " + payment)
		}
		select {
		case <-ctx.Done():
			return at, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}
