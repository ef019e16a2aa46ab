package channel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// opener is a driver that only opens: it counts, and waits for release.
type opener struct {
	opened  atomic.Int64
	release chan struct{}
}

type client struct {
	channel.Client
	account channel.Account
}

func (o *opener) Name() app.Channel                      { return app.WeChat }
func (o *opener) Methods() []channel.Method              { return []channel.Method{channel.WeChatNative} }
func (o *opener) Inspect(json.RawMessage) channel.Report { return channel.Report{} }
func (o *opener) Open(a channel.Account) (channel.Client, error) {
	o.opened.Add(1)
	if o.release != nil {
		<-o.release
	}
	return &client{account: a}, nil
}

func account(id string, version int64) func(context.Context) (channel.Account, error) {
	return func(context.Context) (channel.Account, error) {
		return channel.Account{ID: id, Version: version}, nil
	}
}

func TestPoolBuildsOnce(t *testing.T) {
	driver := &opener{release: make(chan struct{})}
	pool := channel.NewPool(0, driver)
	clients := make([]channel.Client, 100)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			c, err := pool.Client(t.Context(), app.WeChat, "acct_1", 1, account("acct_1", 1))
			if err != nil {
				t.Error(err)
			}
			clients[i] = c
		})
	}
	close(driver.release)
	all.Wait()
	if n := driver.opened.Load(); n != 1 {
		t.Errorf("opened %d times", n)
	}
	for _, c := range clients {
		if c != clients[0] {
			t.Fatal("callers got different clients")
		}
	}
}

// TestPoolVersions: a newer version rebuilds; who read an old row gets the
// newer client, not a new one.
func TestPoolVersions(t *testing.T) {
	driver := &opener{}
	pool := channel.NewPool(0, driver)
	get := func(version int64) channel.Client {
		c, err := pool.Client(t.Context(), app.WeChat, "acct_1", version, account("acct_1", version))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first, second := get(1), get(2)
	if first == second {
		t.Error("version 2 got the client of version 1")
	}
	if get(1) != second || get(2) != second || driver.opened.Load() != 2 {
		t.Errorf("an old version was built again: %d builds", driver.opened.Load())
	}
}

func TestPoolIsBounded(t *testing.T) {
	driver := &opener{}
	pool := channel.NewPool(3, driver)
	get := func(id string) {
		if _, err := pool.Client(t.Context(), app.WeChat, id, 1, account(id, 1)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		get(fmt.Sprint("acct_", i))
	}
	get("acct_0") // used again, so acct_1 is the oldest
	get("acct_3")
	driver.opened.Store(0)
	get("acct_0")
	get("acct_2")
	get("acct_3")
	if n := driver.opened.Load(); n != 0 {
		t.Errorf("%d of the kept clients were built again", n)
	}
	get("acct_1")
	if n := driver.opened.Load(); n != 1 {
		t.Error("the oldest client was kept beyond the pool's size")
	}
}

// TestPoolCancelledCaller: a caller that leaves does not break the build for
// those who stay.
func TestPoolCancelledCaller(t *testing.T) {
	driver := &opener{release: make(chan struct{})}
	pool := channel.NewPool(0, driver)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := pool.Client(ctx, app.WeChat, "acct_1", 1, func(ctx context.Context) (channel.Account, error) {
			cancel()
			return channel.Account{}, ctx.Err()
		})
		left <- err
	}()
	if err := <-left; channel.KindOf(err) != channel.KindUnknown || !errors.Is(err, context.Canceled) {
		t.Errorf("the caller that left got %v", err)
	}
	close(driver.release)
	if _, err := pool.Client(t.Context(), app.WeChat, "acct_1", 1, account("acct_1", 1)); err != nil {
		t.Error(err)
	}
}
