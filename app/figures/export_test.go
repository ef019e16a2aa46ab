package figures

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// SetPage sets how many payments a page of building has.
func (s *Service) SetPage(n int) { s.page = n }

// BuildAround reads a page that is to be counted, has f happen, and counts it. It
// reports whether it did.
func (s *Service) BuildAround(ctx context.Context, f func()) (bool, error) {
	at, err := selectProgress(ctx, s.db)
	if err != nil {
		return false, err
	}
	p, err := s.readPage(ctx, at)
	if err != nil {
		return false, err
	}
	f()
	return s.fill(ctx, p)
}

// Forget begins again, has f happen meanwhile, and forgets everything.
func (s *Service) Forget(ctx context.Context, f func()) error {
	if err := s.beginAgain(ctx); err != nil {
		return err
	}
	f()
	for {
		at, err := selectProgress(ctx, s.db)
		if err != nil || at.Phase != phaseClearing {
			return err
		}
		if err := s.clear(ctx); err != nil {
			return err
		}
	}
}

// AddOne counts one created payment, and one refusal, for each of so many
// merchants in each of so many hours.
func (s *Service) AddOne(ctx context.Context, merchants, hours int) error {
	t := newTally()
	for m := range merchants {
		for h := range hours {
			at := app.Millis(h) * hourMillis
			p := paymentRow{MerchantID: fmt.Sprintf("mch_%d", m), Mode: app.Test}
			t.add(p, facts{
				Counts:   []fact{{Hour: at, Channel: app.WeChat, Account: "acct_1", Method: "wechat_native", Counts: Counts{Created: 1, CreatedAmount: 7}}},
				Refusals: []refusal{{Hour: at, Attempt: "att_1", Channel: app.WeChat, Code: "PARAM_ERROR"}},
			}, 1)
		}
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := t.addCounts(ctx, tx); err != nil {
			return err
		}
		return t.addRefusals(ctx, tx)
	})
}

// VerifyBefore verifies, and runs f after the first comparison.
func (s *Service) VerifyBefore(ctx context.Context, f func(), report func(Violation)) (bool, error) {
	first := true
	return s.settled(ctx, func(ctx context.Context, report func(Violation)) (bool, error) {
		compared, err := s.compare(ctx, report)
		if first {
			first = false
			f()
		}
		return compared, err
	}, report)
}
