package main

import (
	"context"
	"encoding/json"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
)

// Live gateways are constants: no setting can redirect live money.
const (
	wechatLive = "https://api.mch.weixin.qq.com"
	alipayLive = "https://openapi.alipay.com/gateway.do"
)

// gateways are the channels' base URLs by mode.
type gateways map[app.Mode]map[app.Channel]string

// clients opens channel clients for merchants' accounts.
type clients struct {
	pool      *channel.Pool
	guard     *guard.Guard
	merchants *merchants.Service
	gateways  gateways
	baseURL   string // how the world names us, for notifications
}

// Client returns the account's client, under guard.
func (c *clients) Client(ctx context.Context, a merchants.Account) (channel.Client, error) {
	client, err := c.bare(ctx, a)
	if err != nil {
		return nil, err
	}
	return c.guard.Client(guarded(a), client), nil
}

// Ready reports whether the guard lets a new order of the account through.
func (c *clients) Ready(a merchants.Account) error { return c.guard.Ready(guarded(a)) }

func guarded(a merchants.Account) guard.Account {
	return guard.Account{ID: a.ID, Version: a.ClientVersion(), Mode: a.Mode, Channel: a.Channel}
}

// bare returns the account's client from the pool; credentials are opened only to
// build it.
func (c *clients) bare(ctx context.Context, a merchants.Account) (channel.Client, error) {
	return c.pool.Client(ctx, a.Channel, a.ID, a.ClientVersion(), func(ctx context.Context) (channel.Account, error) {
		credentials, err := c.merchants.Credentials(ctx, a)
		if err != nil {
			return channel.Account{}, err
		}
		return c.account(ctx, a, credentials)
	})
}

// Methods lists what payments can be taken by.
func (c *clients) Methods() []channel.Method { return c.pool.Methods() }

// Probe makes one live call with credentials that may not be saved yet, so it
// uses a client of its own.
func (c *clients) Probe(ctx context.Context, a merchants.Account, credentials json.RawMessage) error {
	client, err := c.fresh(ctx, a, credentials)
	if err != nil {
		return err
	}
	return client.Probe(ctx)
}

// Try places an order of one fen with credentials that may not be saved yet, and
// closes it again.
func (c *clients) Try(ctx context.Context, a merchants.Account, credentials json.RawMessage, number string) (bool, error) {
	client, err := c.fresh(ctx, a, credentials)
	if err != nil {
		return false, err
	}
	return channel.Try(ctx, client, channel.Trial{
		Channel: a.Channel, Number: number, AppID: a.DefaultApp(), NotifyURL: c.baseURL + "/callbacks/" + string(a.Channel) + "/" + a.ID,
		Now: app.SystemClock{}.Now(),
	})
}

// fresh is a client that nobody keeps.
func (c *clients) fresh(ctx context.Context, a merchants.Account, credentials json.RawMessage) (channel.Client, error) {
	account, err := c.account(ctx, a, credentials)
	if err != nil {
		return nil, err
	}
	driver := c.pool.Driver(a.Channel)
	if driver == nil {
		return nil, app.Errorf(app.Invalid, "no driver for channel %q", a.Channel)
	}
	return driver.Open(account)
}

// account adds what the account's credentials work with: its gateway, and its
// provider's credentials.
func (c *clients) account(ctx context.Context, a merchants.Account, credentials json.RawMessage) (channel.Account, error) {
	gateway := c.gateways[a.Mode][a.Channel]
	if gateway == "" {
		return channel.Account{}, app.Errorf(app.Unavailable, "there is no %s gateway for %s in this installation", a.Mode, a.Channel).WithReason("mode_unavailable")
	}
	provider, err := c.merchants.ProviderCredentials(ctx, a)
	if err != nil {
		return channel.Account{}, err
	}
	return channel.Account{
		ID: a.ID, Version: a.ClientVersion(), Mode: a.Mode, Gateway: gateway, Credentials: credentials, Provider: provider,
	}, nil
}
