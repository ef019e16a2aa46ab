package access

import (
	"sync"

	"github.com/casbin/casbin/v2/persist/cache"
)

// maxDecisions bounds the cache: domains come from URLs, and guessed ones must
// not fill the memory.
const maxDecisions = 20_000

// decisions is casbin's cache with a bound; when it is full it starts afresh.
type decisions struct {
	sync.RWMutex
	known map[string]bool
}

func newDecisions() *decisions { return &decisions{known: map[string]bool{}} }

// Get returns a decision, or cache.ErrNoSuchKey.
func (d *decisions) Get(key string) (bool, error) {
	d.RLock()
	defer d.RUnlock()
	allowed, ok := d.known[key]
	if !ok {
		return false, cache.ErrNoSuchKey
	}
	return allowed, nil
}

// Set keeps a decision. Lifetimes are not used: a set of rules never changes.
func (d *decisions) Set(key string, allowed bool, _ ...any) error {
	d.Lock()
	defer d.Unlock()
	if len(d.known) >= maxDecisions {
		clear(d.known)
	}
	d.known[key] = allowed
	return nil
}

// Delete forgets a decision, or returns cache.ErrNoSuchKey.
func (d *decisions) Delete(key string) error {
	d.Lock()
	defer d.Unlock()
	if _, ok := d.known[key]; !ok {
		return cache.ErrNoSuchKey
	}
	delete(d.known, key)
	return nil
}

// Clear forgets everything.
func (d *decisions) Clear() error {
	d.Lock()
	defer d.Unlock()
	clear(d.known)
	return nil
}
