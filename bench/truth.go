package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"
)

// truthWithin is when a payment that no webhook tells of is given up.
const truthWithin = time.Minute

// truthMethods are how payments without notifications are made, by turns.
var truthMethods = []string{"wechat_native", "alipay_qr"}

// measureTruth has the channels drop every notification and clocks how long the
// platform takes to find out by itself and tell the merchant. The first payment
// of each channel shows that its account is deaf and does not count. The
// merchant's receiver is registered already.
func measureTruth(ctx context.Context, cfg Config, in *installation, _ *floor, r *report) error {
	if cfg.Truth == 0 {
		return nil
	}
	if err := in.rest(ctx); err != nil {
		return err
	}
	if err := in.deafen(ctx); err != nil {
		return fmt.Errorf("deafen the accounts: %w", err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	type plan struct{ create, pay time.Duration }
	plans := make([]plan, cfg.Truth)
	for i := range plans {
		plans[i] = plan{time.Duration(random.Int64N(int64(cfg.TruthSpan))), time.Duration(random.Int64N(int64(cfg.TruthAge)))}
	}
	took := make([]time.Duration, cfg.Truth)
	start := time.Now()
	_, err := drive(ctx, cfg.Truth, start.Add(10*time.Minute), first(cfg.Truth), func(ctx context.Context, i int) (err error) {
		if err := until(ctx, start.Add(plans[i].create)); err != nil {
			return err
		}
		took[i], err = in.truth(ctx, truthMethods[i%2], plans[i].pay)
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(took)
	r.truth(took)
	return in.call(ctx, http.MethodDelete, in.channels+"/faults", nil, nil)
}

// deafen drops every notification from now on, and shows that by a payment of
// each channel.
func (in *installation) deafen(ctx context.Context) error {
	for i, channel := range []string{"wechat", "alipay"} {
		body := fmt.Appendf(nil, `{"channel":%q,"fault":"drop_notification","count":1000000}`, channel)
		if err := in.call(ctx, http.MethodPost, in.channels+"/faults", body, nil); err != nil {
			return err
		}
		if _, err := in.truth(ctx, truthMethods[i], 0); err != nil {
			return err
		}
	}
	return nil
}

// truth places an order, has it paid after a while, and returns how long the
// merchant waits for its webhook from then on.
func (in *installation) truth(ctx context.Context, method string, after time.Duration) (time.Duration, error) {
	o, err := in.createBy(ctx, method)
	if err != nil {
		return 0, err
	}
	if err := until(ctx, time.Now().Add(after)); err != nil {
		return 0, err
	}
	clicked := time.Now()
	if err := in.pay(ctx, o); err != nil {
		return 0, err
	}
	at, err := in.front.heardOf(ctx, o.ID, truthWithin)
	return at.Sub(clicked), err
}

// until waits for a moment.
func until(ctx context.Context, at time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Until(at)):
		return nil
	}
}
