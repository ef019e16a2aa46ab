package paymentstest

import (
	"context"
	"encoding/json"
	"sync/atomic"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
)

// clients opens real drivers against the sandbox's gateways. Its transport can
// be made to misbehave.
type clients struct {
	pool      *channel.Pool
	merchants *merchants.Service
	base      string
	guard     *guard.Guard // nil lets every call through
	unusable  atomic.Bool
}

// LoseKeys makes the credentials of every account unusable, or usable again.
func (s *Shop) LoseKeys(lost bool) { s.clients.unusable.Store(lost) }

// Guard puts the shop's calls under a guard from now on. Without one, every
// planned fault meets the service unrepeated.
func (s *Shop) Guard(settings guard.Settings) *guard.Guard {
	s.clients.guard = guard.New(settings)
	return s.clients.guard
}

// Methods lists what payments can be taken by.
func (s *Shop) Methods() []channel.Method { return s.clients.Methods() }

func (c *clients) Methods() []channel.Method { return c.pool.Methods() }

func (c *clients) account(ctx context.Context, a merchants.Account, credentials json.RawMessage) (channel.Account, error) {
	gateway := c.base + "/sandbox/wechat"
	if a.Channel == app.Alipay {
		gateway = c.base + "/sandbox/alipay/gateway.do"
	}
	provider, err := c.merchants.ProviderCredentials(ctx, a)
	return channel.Account{ID: a.ID, Version: a.ClientVersion(), Mode: a.Mode, Gateway: gateway, Credentials: credentials, Provider: provider}, err
}

func (c *clients) Client(ctx context.Context, a merchants.Account) (channel.Client, error) {
	if c.unusable.Load() {
		return nil, &channel.Error{Kind: channel.KindConfig, Channel: a.Channel, Code: "KEYS_LOST", Message: "the account's keys cannot be read"}
	}
	client, err := c.pool.Client(ctx, a.Channel, a.ID, a.ClientVersion(), func(ctx context.Context) (channel.Account, error) {
		credentials, err := c.merchants.Credentials(ctx, a)
		if err != nil {
			return channel.Account{}, err
		}
		return c.account(ctx, a, credentials)
	})
	if err != nil || c.guard == nil {
		return client, err
	}
	return c.guard.Client(guarded(a), client), nil
}

func (c *clients) Ready(a merchants.Account) error {
	if c.guard == nil {
		return nil
	}
	return c.guard.Ready(guarded(a))
}

func guarded(a merchants.Account) guard.Account {
	return guard.Account{ID: a.ID, Version: a.ClientVersion(), Mode: a.Mode, Channel: a.Channel}
}

func (c *clients) probe(ctx context.Context, a merchants.Account, credentials json.RawMessage) error {
	account, err := c.account(ctx, a, credentials)
	if err != nil {
		return err
	}
	client, err := c.pool.Driver(a.Channel).Open(account)
	if err != nil {
		return err
	}
	return client.Probe(ctx)
}

// Probe makes the live test call with credentials that may not be saved yet.
func (s *Shop) Probe(ctx context.Context, a merchants.Account, credentials json.RawMessage) error {
	return s.clients.probe(ctx, a, credentials)
}

// Try places an order of one fen with credentials that may not be saved yet, and
// closes it again.
func (s *Shop) Try(ctx context.Context, a merchants.Account, credentials json.RawMessage, number string) (bool, error) {
	account, err := s.clients.account(ctx, a, credentials)
	if err != nil {
		return false, err
	}
	client, err := s.clients.pool.Driver(a.Channel).Open(account)
	if err != nil {
		return false, err
	}
	return channel.Try(ctx, client, channel.Trial{
		Channel: a.Channel, Number: number, AppID: a.DefaultApp(), NotifyURL: s.Base + "/callbacks/" + string(a.Channel) + "/" + a.ID,
		Now: app.SystemClock{}.Now(),
	})
}

// Client returns the account's client.
func (s *Shop) Client(ctx context.Context, a merchants.Account) (channel.Client, error) {
	return s.clients.Client(ctx, a)
}

// Reader returns what reads the channel's bills, nil when nothing does.
func (s *Shop) Reader(c app.Channel) channel.BillReader {
	reader, _ := s.clients.pool.Driver(c).(channel.BillReader)
	return reader
}
