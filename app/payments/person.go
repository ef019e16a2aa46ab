package payments

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// The acts of a person upon a payment or refund that no other row tells of.
const (
	actSync       = "payment.sync"
	actClose      = "payment.close"
	actRefundSync = "refund.sync"
)

// byPerson reports whether a person does this, in the console. What API keys do
// to payments is in the payments' own timelines.
func byPerson(ctx context.Context) bool { return audit.ActorFrom(ctx).Kind == audit.KindUser }

// actFacts is what an audit row says of what the act was done to.
type actFacts struct {
	Number string `json:"number"` // the merchant's own
	Status string `json:"status"` // when it was done
}

// recordAct records what a person does, within the transaction of the act.
func (s *Service) recordAct(ctx context.Context, tx *db.Tx, merchantID, action, target string, facts actFacts) error {
	if !byPerson(ctx) {
		return nil
	}
	return s.Audit.Record(ctx, tx, audit.Entry{Chain: merchantID, Action: action, Target: target, Before: facts})
}

// noteAct is recordAct for what only asks a channel: the row says that it was
// asked, and stands before the question is sent.
func (s *Service) noteAct(ctx context.Context, merchantID, action, target string, facts actFacts) error {
	if !byPerson(ctx) {
		return nil
	}
	err := s.DB.InTx(ctx, func(tx *db.Tx) error { return s.recordAct(ctx, tx, merchantID, action, target, facts) })
	if err != nil {
		return fmt.Errorf("%s %s: %w", action, target, err)
	}
	return nil
}
