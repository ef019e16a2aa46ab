package reconcile

import (
	"context"
	"sync"

	"github.com/piaohao/piaohao/app/reconcile/match"
)

// keptResults is how many result files stay open for people who look at
// payments: opening one reads all of it once, to see that it was not altered.
const keptResults = 8

// results keeps the newest result files open.
type results struct {
	mu   sync.Mutex
	open map[string]*shared
	keys []string // the least used first
}

// shared is an open result that may be in use and forgotten at once.
type shared struct {
	*opened
	users     int
	forgotten bool
}

// with opens the result of the key and hands it to f.
func (s *Service) with(ctx context.Context, key string, f func(*match.Result) error) error {
	o := s.results.take(key)
	if o == nil {
		fresh, err := s.openResult(ctx, key)
		if err != nil {
			return err
		}
		o = s.results.keep(key, fresh)
	}
	defer s.results.leave(o)
	return f(o.Result)
}

func (r *results) take(key string) *shared {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.open[key]
	if o != nil {
		o.users++
		r.touch(key)
	}
	return o
}

// keep adds an opened result, and closes it again when somebody was faster.
func (r *results) keep(key string, fresh *opened) *shared {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := r.open[key]; o != nil {
		_ = fresh.blob.Close()
		o.users++
		return o
	}
	if r.open == nil {
		r.open = map[string]*shared{}
	}
	o := &shared{opened: fresh, users: 1}
	r.open[key] = o
	r.touch(key)
	for len(r.keys) > keptResults {
		r.forget(r.keys[0])
	}
	return o
}

func (r *results) touch(key string) {
	for i, k := range r.keys {
		if k == key {
			r.keys = append(r.keys[:i], r.keys[i+1:]...)
			break
		}
	}
	r.keys = append(r.keys, key)
}

func (r *results) forget(key string) {
	o := r.open[key]
	delete(r.open, key)
	r.keys = r.keys[1:]
	o.forgotten = true
	if o.users == 0 {
		_ = o.blob.Close()
	}
}

func (r *results) leave(o *shared) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.users--; o.users == 0 && o.forgotten {
		_ = o.blob.Close()
	}
}

// Close closes what is open.
func (s *Service) Close() {
	s.results.mu.Lock()
	defer s.results.mu.Unlock()
	for len(s.results.keys) > 0 {
		s.results.forget(s.results.keys[0])
	}
}
