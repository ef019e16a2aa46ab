package merchants

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
)

// touchEvery is how fine times of last use and success are kept.
const touchEvery = time.Minute

// keyUses remembers when keys were last used, until it is written: a call must
// not wait for a commit that only says that it happened.
type keyUses struct {
	mu      sync.Mutex
	latest  map[string]app.Millis // not written yet
	written map[string]app.Millis // by this server
}

func newKeyUses() *keyUses {
	return &keyUses{latest: map[string]app.Millis{}, written: map[string]app.Millis{}}
}

func (u *keyUses) note(keyID string, at app.Millis) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if at >= u.written[keyID].Add(touchEvery) {
		u.latest[keyID] = at
	}
}

// take returns what is to be written and counts it as written, so that a key in
// constant use is written once a minute.
func (u *keyUses) take() map[string]app.Millis {
	u.mu.Lock()
	defer u.mu.Unlock()
	due := u.latest
	u.latest = map[string]app.Millis{}
	var newest app.Millis
	for _, at := range due {
		newest = max(newest, at)
	}
	// What is older than a minute suppresses nothing: it need not be kept.
	maps.DeleteFunc(u.written, func(_ string, at app.Millis) bool { return newest >= at.Add(touchEvery) })
	maps.Copy(u.written, due)
	return due
}

// giveBack undoes take for one key whose write failed.
func (u *keyUses) giveBack(keyID string, at app.Millis) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.written, keyID)
	u.latest[keyID] = max(u.latest[keyID], at)
}

// FlushKeyUse writes when keys were last used, each at most once a minute, and
// returns how many it wrote. A job calls it every few seconds, and shutdown once.
func (s *Service) FlushKeyUse(ctx context.Context) (int, error) {
	var errs []error
	n := 0
	for id, at := range s.uses.take() {
		if err := updateLastUse(ctx, s.db, id, at); err != nil {
			s.uses.giveBack(id, at)
			errs = append(errs, fmt.Errorf("note use of %s: %w", id, err))
			continue
		}
		n++
	}
	return n, errors.Join(errs...)
}
