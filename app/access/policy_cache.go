package access

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// recheckAfter is how long rules are used before the version row is read again;
// a change elsewhere must count within five seconds.
const recheckAfter = 2 * time.Second

// policyCache keeps the compiled rules and notices when the bindings change:
// by a generation when this server changed them, by the version row, which
// every change raises in its own transaction, when another did.
type policyCache struct {
	db    *db.DB
	clock app.Clock

	generation atomic.Int64
	checked    atomic.Pointer[checkedRules]
	mu         sync.Mutex // held while checking
}

type checkedRules struct {
	*rules
	at         time.Time
	generation int64
}

func (p *policyCache) current(ctx context.Context) (*rules, error) {
	if c := p.usable(); c != nil {
		return c.rules, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.usable(); c != nil { // another caller has checked meanwhile
		return c.rules, nil
	}
	// Taken before reading: what changes from here on is for the next check.
	next := checkedRules{at: p.clock.Now(), generation: p.generation.Load()}
	var err error
	if next.rules, err = p.read(ctx); err != nil {
		return nil, err
	}
	p.checked.Store(&next)
	return next.rules, nil
}

func (p *policyCache) usable() *checkedRules {
	c := p.checked.Load()
	if c == nil || c.generation != p.generation.Load() {
		return nil
	}
	// A clock set back must not prolong it.
	if age := p.clock.Now().Sub(c.at); age < 0 || age >= recheckAfter {
		return nil
	}
	return c
}

// read returns the known rules when the version still stands, or compiles new
// ones. The version is read first: bindings changed in between are then newer
// than their version says, and the next check reads them again.
func (p *policyCache) read(ctx context.Context) (*rules, error) {
	version, err := readVersion(ctx, p.db)
	if err != nil {
		return nil, fmt.Errorf("read the roles' version: %w", err)
	}
	if c := p.checked.Load(); c != nil && c.version == version {
		return c.rules, nil
	}
	bindings, err := activeBindings(ctx, p.db)
	if err != nil {
		return nil, fmt.Errorf("read the role bindings: %w", err)
	}
	roles, err := everyRole(ctx, p.db)
	if err != nil {
		return nil, fmt.Errorf("read the merchants' roles: %w", err)
	}
	return newRules(version, Policy(), roles, bindings)
}

// changed makes the next question read the bindings again.
func (p *policyCache) changed() { p.generation.Add(1) }
