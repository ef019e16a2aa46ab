package bench

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app/db"
)

// floorShare is how long the floor runs, of a round of creates.
const floorShare = 2

// measureCreates places orders at WeChat in turns with their floor.
func measureCreates(ctx context.Context, cfg Config, in *installation, f *floor, r *report) error {
	var floors, rounds []rate
	for range cfg.Rounds {
		base, err := f.run(ctx, cfg.Clients, createWork, cfg.Creating/floorShare)
		if err != nil {
			return err
		}
		got, err := in.measure(ctx, func() (int, error) {
			return drive(ctx, cfg.Clients, time.Now().Add(cfg.Creating), always, func(ctx context.Context, _ int) error {
				_, err := in.create(ctx)
				return err
			})
		})
		if err != nil {
			return err
		}
		floors, rounds = append(floors, base), append(rounds, got)
		if err := in.rest(ctx); err != nil {
			return err
		}
	}
	r.compare("creates", createWork, median(floors), median(rounds))
	return nil
}

// measureNotifications has orders paid, holds their notifications back, and
// then sends them all at once, in turns with their floor.
func measureNotifications(ctx context.Context, cfg Config, in *installation, f *floor, r *report) error {
	var floors, rounds []rate
	for range cfg.Rounds {
		base, err := f.run(ctx, cfg.Clients, notificationWork, cfg.Creating/floorShare)
		if err != nil {
			return err
		}
		kept, err := in.paid(ctx, cfg)
		if err != nil {
			return err
		}
		got, err := in.measure(ctx, func() (int, error) {
			return drive(ctx, cfg.Clients, time.Now().Add(time.Minute), first(len(kept)), func(ctx context.Context, i int) error {
				return in.front.deliver(ctx, kept[i])
			})
		})
		if err != nil {
			return err
		}
		floors, rounds = append(floors, base), append(rounds, got)
	}
	r.compare("notifications", notificationWork, median(floors), median(rounds))
	return nil
}

// paid places orders, pays them and returns their notifications, unsent.
func (in *installation) paid(ctx context.Context, cfg Config) ([]captured, error) {
	orders := make([]order, cfg.Orders)
	_, err := drive(ctx, cfg.Clients, time.Now().Add(time.Minute), first(cfg.Orders), func(ctx context.Context, i int) (err error) {
		orders[i], err = in.create(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	// The query job would find out by itself what the notifications are to say.
	if err := in.rest(ctx); err != nil {
		return nil, err
	}
	return in.front.collect(ctx, cfg.Orders, func() error {
		_, err := drive(ctx, cfg.Clients, time.Now().Add(time.Minute), first(cfg.Orders), func(ctx context.Context, i int) error {
			return in.pay(ctx, orders[i])
		})
		return err
	})
}

// measureWebhooks pays one order at a time and clocks it from the payer's click
// until the merchant's receiver has the event.
func measureWebhooks(ctx context.Context, cfg Config, in *installation, _ *floor, r *report) error {
	body := fmt.Appendf(nil, `{"url":%q}`, in.front.url+"/hook")
	if err := in.call(ctx, http.MethodPost, in.api+"/webhook_endpoints", body, nil); err != nil {
		return err
	}
	took := make([]time.Duration, cfg.Webhooks)
	for i := range took {
		o, err := in.create(ctx)
		if err != nil {
			return err
		}
		clicked := time.Now()
		if err := in.pay(ctx, o); err != nil {
			return err
		}
		at, err := in.front.heardOf(ctx, o.ID, 15*time.Second)
		if err != nil {
			return err
		}
		took[i] = at.Sub(clicked)
	}
	slices.Sort(took)
	r.webhooks(took)
	return nil
}

// measure runs f and returns what it took of every process.
func (in *installation) measure(ctx context.Context, f func() (int, error)) (rate, error) {
	before, err := in.usage(ctx)
	if err != nil {
		return rate{}, err
	}
	own, start := ownCPU(), time.Now()
	n, err := f()
	wall, used := time.Since(start), ownCPU()-own
	if err != nil {
		return rate{}, err
	}
	after, err := in.usage(ctx)
	out := rate{operations: n, wall: wall, client: used, platform: after.platform - before.platform, sandbox: after.sandbox - before.sandbox}
	if n > 0 {
		out.commits = float64(after.commits-before.commits) / float64(n)
		out.statements = float64(after.statements-before.statements) / float64(n)
	}
	return out, err
}

// usage is what has been used since the processes started.
type usage struct {
	platform, sandbox   time.Duration
	commits, statements int64
}

func (in *installation) usage(ctx context.Context) (u usage, err error) {
	if u.platform, err = in.platform.cpu(); err != nil {
		return u, err
	}
	if u.sandbox, err = in.sandbox.cpu(); err != nil || in.database.Dialect() != db.MySQL {
		return u, err
	}
	var rows []struct {
		Name  string `db:"Variable_name"`
		Value string `db:"Value"`
	}
	if err := in.database.Select(ctx, &rows, `SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_commit', 'Questions')`); err != nil {
		return u, err
	}
	for _, row := range rows {
		n, _ := strconv.ParseInt(row.Value, 10, 64)
		if row.Name == "Questions" {
			u.statements = n
		} else {
			u.commits = n
		}
	}
	return u, nil
}
