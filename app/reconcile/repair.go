package reconcile

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// repairable reports whether the channel proves by the item that our books are
// behind: it moved there, and is open or ended unpaid here; or it is a refund
// from the channel's console that nobody has told us of. Everything else is a
// person's.
func repairable(i *match.Item) bool {
	if i.Line == nil {
		return false
	}
	if i.Adoptable() {
		return true
	}
	if i.Record == nil || i.Why.Has(match.Reversed) {
		return false
	}
	if i.Record.Kind == channel.LineRefund {
		return i.Record.RefundID != "" && i.Why.Has(match.OpenHere)
	}
	return i.Why.Has(match.OpenHere) || i.Why.Has(match.NotHere)
}

// maxPasses is how often a day is compared anew after repairs: a payment that was
// recovered may let its refunds be adopted.
const maxPasses = 3

// repair asks the channel about each item, as far as the execution's budget goes,
// and reports how many changed our books and whether anything may have. It is
// safe to be broken off and repeated: what stands is not asked about again.
func (e *execution) repair(ctx context.Context, list []match.Item, budget *int) (repaired int64, changed bool, err error) {
	for i := range list {
		if err := ctx.Err(); err != nil {
			return repaired, changed, err
		}
		if *budget == 0 {
			e.Logger.WarnContext(ctx, "more is to be repaired than one execution does", "run_id", e.row.ID, "left", len(list)-i)
			return repaired, changed, nil
		}
		*budget--
		did, err := e.repairOne(ctx, &list[i])
		switch {
		case did:
			repaired, changed = repaired+1, true
		case err == nil:
		case unsettled(err):
			// The item stays an exception, whose evidence people see; it is asked
			// about again when the day is run again.
			changed = changed || raced(err)
			e.Logger.WarnContext(ctx, "the channel did not confirm its bill", "run_id", e.row.ID, "key", list[i].Key(), "error", err)
		default:
			return repaired, changed, err
		}
	}
	return repaired, changed, nil
}

func (e *execution) repairOne(ctx context.Context, i *match.Item) (bool, error) {
	scope := e.scope()
	switch {
	case i.Adoptable():
		_, adopted, err := e.Payments.AdoptBilled(ctx, scope, payments.BilledRefund{
			AttemptID: i.About.AttemptID, Number: first(i.Line.RefundNumber, i.Line.ChannelRefundNo), ChannelRefundNo: i.Line.ChannelRefundNo,
			Amount: i.Line.Amount, At: i.Line.At,
		})
		return adopted, err
	case i.Record.Kind == channel.LineRefund:
		_, changed, err := e.Payments.RecoverRefund(ctx, scope, i.Record.RefundID)
		return changed, err
	}
	_, changed, err := e.Payments.Recover(ctx, scope, i.Record.AttemptID)
	return changed, err
}

// unsettled reports whether an error says something about the one item only.
func unsettled(err error) bool {
	return app.Is(err, app.Conflict) || app.Is(err, app.NotFound) || app.Is(err, app.OutcomeUnknown)
}

// raced reports whether somebody else asked at the same moment: what they were
// told is seen by comparing again.
func raced(err error) bool {
	var e *app.Error
	return errors.As(err, &e) && e.Reason == "being_asked"
}
