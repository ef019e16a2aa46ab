package channel

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"golang.org/x/sync/singleflight"

	"github.com/piaohao/piaohao/app"
)

// DefaultPoolSize holds the clients of that many accounts.
const DefaultPoolSize = 4096

// Pool keeps one client per account, built on first use and rebuilt when the
// account's version grows, so that keys are parsed once. The least recently
// used goes when the pool is full. It is safe for concurrent use.
type Pool struct {
	drivers map[app.Channel]Driver
	size    int
	builds  singleflight.Group

	mu      sync.Mutex
	byID    map[string]*list.Element
	byUsage *list.List // of *pooled, the latest used in front
}

type pooled struct {
	accountID string
	version   int64
	client    Client
}

// NewPool returns a pool of at most size clients (DefaultPoolSize when size is
// 0), opened by the drivers.
func NewPool(size int, drivers ...Driver) *Pool {
	if size <= 0 {
		size = DefaultPoolSize
	}
	p := &Pool{drivers: map[app.Channel]Driver{}, size: size, byID: map[string]*list.Element{}, byUsage: list.New()}
	for _, d := range drivers {
		p.drivers[d.Name()] = d
	}
	return p
}

// Driver returns a channel's driver, nil when there is none.
func (p *Pool) Driver(c app.Channel) Driver { return p.drivers[c] }

// Methods lists what payments can be taken by, sorted.
func (p *Pool) Methods() []Method {
	var all []Method
	for _, d := range p.drivers {
		all = append(all, d.Methods()...)
	}
	slices.Sort(all)
	return all
}

// Client returns the client of an account at its version. Only when there is
// none yet is load called, once however many ask, to open the credentials. An
// error is not kept: the next call tries again. A caller whose version is
// behind the pool's has read an old row and gets the newer client.
func (p *Pool) Client(ctx context.Context, c app.Channel, accountID string, version int64, load func(context.Context) (Account, error)) (Client, error) {
	if client := p.cached(accountID, version); client != nil {
		return client, nil
	}
	driver := p.drivers[c]
	if driver == nil {
		return nil, &Error{Kind: KindConfig, Channel: c, Message: "no driver for this channel"}
	}
	key := accountID + "@" + strconv.FormatInt(version, 10)
	built := p.builds.DoChan(key, func() (any, error) {
		// The build serves every waiting caller, so no single one may cancel it.
		return p.build(context.WithoutCancel(ctx), driver, accountID, version, load)
	})
	select {
	case r := <-built:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(Client), nil
	case <-ctx.Done():
		return nil, &Error{Kind: KindUnknown, Channel: c, Cause: ctx.Err()}
	}
}

func (p *Pool) build(ctx context.Context, driver Driver, accountID string, version int64, load func(context.Context) (Account, error)) (Client, error) {
	if client := p.cached(accountID, version); client != nil {
		return client, nil // built between the caller's look and its turn
	}
	account, err := load(ctx)
	if err != nil {
		return nil, fmt.Errorf("load account %s: %w", accountID, err)
	}
	client, err := driver.Open(account)
	if err != nil {
		return nil, fmt.Errorf("open account %s: %w", accountID, err)
	}
	p.store(pooled{accountID: accountID, version: version, client: client})
	return client, nil
}

func (p *Pool) cached(accountID string, version int64) Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	element, ok := p.byID[accountID]
	if !ok {
		return nil
	}
	entry := element.Value.(*pooled)
	if entry.version < version {
		return nil
	}
	p.byUsage.MoveToFront(element)
	return entry.client
}

func (p *Pool) store(entry pooled) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if element, ok := p.byID[entry.accountID]; ok {
		if element.Value.(*pooled).version <= entry.version {
			element.Value = &entry
		}
		p.byUsage.MoveToFront(element)
		return
	}
	p.byID[entry.accountID] = p.byUsage.PushFront(&entry)
	for p.byUsage.Len() > p.size {
		oldest := p.byUsage.Back()
		p.byUsage.Remove(oldest)
		delete(p.byID, oldest.Value.(*pooled).accountID)
	}
}
