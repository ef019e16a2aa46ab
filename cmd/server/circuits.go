package main

import (
	"context"
	"log/slog"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/observe"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
)

// newGuard returns the guard of every channel call of this server. What happens
// to circuits is logged, counted, and stored for the console and the merchants.
func (p *platform) newGuard() *guard.Guard {
	p.circuits = merchants.NewCircuitLog(p.merchants, p.owner, p.logger)
	g := guard.New(guard.Settings{
		Failures: p.config.Channels.CircuitFailures, OpenFor: p.config.Channels.CircuitOpenFor.Duration,
		Changed: p.circuitChanged,
		Retried: func(c app.Channel, operation string) { p.metrics.ChannelRetry(string(c), operation) },
	})
	p.metrics.Circuits(func() []observe.CircuitCount {
		var out []observe.CircuitCount
		for _, c := range g.Counts() {
			out = append(out, observe.CircuitCount{Channel: string(c.Channel), Mode: string(c.Mode), State: string(c.State), N: c.N})
		}
		return out
	})
	return g
}

func (p *platform) circuitChanged(c guard.Change) {
	level := slog.LevelInfo
	if c.State == guard.Open {
		level = slog.LevelWarn
	}
	said := []any{"account_id", c.Account.ID, "channel", c.Account.Channel, "mode", c.Account.Mode, "state", c.State}
	if c.State != guard.Closed { // a closed one waits for nothing
		said = append(said, "retry_at", c.RetryAt, "reason", c.Reason)
	}
	p.logger.Log(context.Background(), level, "a channel account's circuit changed", said...)
	p.metrics.CircuitChange(string(c.Account.Channel), string(c.Account.Mode), string(c.State))
	p.circuits.Note(c.Account.ID, merchants.Circuit{
		State: merchants.CircuitState(c.State), Since: app.ToMillis(c.At), RetryAt: app.ToMillis(c.RetryAt), Reason: c.Reason,
	})
}

// keeper returns the account's client as a keeper of certificates, without its
// guard: fetching them is how an account that cannot verify recovers.
func (c *clients) keeper(ctx context.Context, a merchants.Account) (channel.CertificateKeeper, error) {
	var keeper channel.CertificateKeeper
	if c.gateways[a.Mode][a.Channel] == "" {
		return keeper, nil // a mode that this installation does not serve
	}
	client, err := c.bare(ctx, a)
	if err != nil {
		return nil, err
	}
	keeper, _ = client.(channel.CertificateKeeper)
	return keeper, nil
}
