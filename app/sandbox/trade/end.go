package trade

import (
	"context"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// end closes an unpaid trade by the statement and announces that where the
// channel does. It reports whether it was this call that ended it.
func (s *Service) end(ctx context.Context, t Trade, by func(context.Context, db.Querier, string, app.Millis) (int64, error)) (bool, error) {
	var ended bool
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		n, err := by(ctx, tx, t.ID, app.ToMillis(s.clock.Now()))
		if ended = n == 1; err != nil || !ended {
			return err
		}
		current, err := selectByID(ctx, tx, t.ID)
		if err != nil || !current.Scanned || !slices.Contains(s.announcers[t.Channel].Ending, t.TradeType) {
			return err
		}
		return s.enqueue(ctx, tx, Notification{
			Channel: t.Channel, MerchantID: t.Owner(), TradeID: t.ID,
			Kind: KindClose, ObjectID: t.ChannelTradeNo, NotifyURL: t.NotifyURL,
		})
	})
	return ended && err == nil, err
}

// endExpired ends the trades that end by themselves.
func (s *Service) endExpired(ctx context.Context) error {
	for channel, a := range s.announcers {
		if len(a.Ending) == 0 {
			continue
		}
		expired, err := selectExpired(ctx, s.db, channel, a.Ending, app.ToMillis(s.clock.Now()), batch)
		if err != nil {
			return fmt.Errorf("find expired trades: %w", err)
		}
		for _, t := range expired {
			if _, err := s.end(ctx, t, updateClosed); err != nil {
				return fmt.Errorf("end expired trade %s: %w", t.ID, err)
			}
		}
	}
	return nil
}

// ReturnURL is where the payer's browser goes after paying, signed as the
// channel does; "" when the merchant named no place or nothing was paid.
func (s *Service) ReturnURL(ctx context.Context, t Trade) (string, error) {
	back := s.announcers[t.Channel].Return
	if back == nil || !t.WasPaid() {
		return "", nil
	}
	m, err := s.message(ctx, t)
	if err != nil {
		return "", err
	}
	return back(ctx, m)
}

// QuitURL is where a payer goes who gives up, "" when the merchant named no
// place or the trade is paid.
func (s *Service) QuitURL(t Trade) string {
	quit := s.announcers[t.Channel].Quit
	if quit == nil || t.WasPaid() {
		return ""
	}
	return quit(t)
}

// message gathers whose keys speak for the trade.
func (s *Service) message(ctx context.Context, t Trade) (Message, error) {
	m := Message{Trade: t, Now: s.clock.Now()}
	var err error
	if m.Merchant, err = s.Merchant(ctx, t.Channel, t.Owner()); err != nil || t.ProviderID == "" {
		return m, err
	}
	sub, err := s.SubMerchant(ctx, t.ProviderID, t.MerchantID)
	m.Sub = &sub
	return m, err
}
