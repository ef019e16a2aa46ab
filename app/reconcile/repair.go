package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"

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

// repairs is what came of asking.
type repairs struct {
	done int64 // changed our books
	// stand are those that our books hold by now without us: a notification was
	// faster, or a refund was known without its number.
	stand int64
	// open are those about which nothing certain was learnt: the channel gave no
	// answer, or somebody else is asking at this moment.
	open int
}

// repair asks the channel about each item, as far as the execution's budget goes.
// It is safe to be broken off and repeated: what stands is not asked about again.
func (e *execution) repair(ctx context.Context, list []match.Item, budget *int) (repairs, error) {
	var out repairs
	for i := range list {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		if *budget == 0 {
			e.Logger.WarnContext(ctx, "more is to be repaired than one execution does", "run_id", e.row.ID, "left", len(list)-i)
			return out, nil
		}
		*budget--
		did, stands, err := e.repairOne(ctx, &list[i])
		switch {
		case did:
			out.done++
		case stands:
			out.stand++
		case err == nil:
		case app.Is(err, app.Unavailable): // so are all others
			out.open += len(list) - i
			return out, nil
		case unclear(err):
			out.open++
		case app.Is(err, app.Conflict) || app.Is(err, app.NotFound):
			// The bill and the channel's query contradict each other, or our books do:
			// a person decides.
			e.Logger.WarnContext(ctx, "the channel did not confirm its bill", "run_id", e.row.ID, "key", list[i].Key(), "error", err)
		default:
			return out, err
		}
	}
	return out, nil
}

// repairOne reports whether it changed our books, and whether they hold now what
// the bill says.
func (e *execution) repairOne(ctx context.Context, i *match.Item) (did, stands bool, err error) {
	scope := e.scope()
	switch {
	case i.Adoptable():
		_, adopted, err := e.Payments.AdoptBilled(ctx, scope, payments.BilledRefund{
			AttemptID: i.About.AttemptID, Number: cmp.Or(i.Line.RefundNumber, i.Line.ChannelRefundNo), ChannelRefundNo: i.Line.ChannelRefundNo,
			Amount: i.Line.Amount, At: i.Line.At,
		})
		return adopted, err == nil, err
	case i.Record.Kind == channel.LineRefund:
		r, changed, err := e.Payments.RecoverRefund(ctx, scope, i.Record.RefundID)
		return changed, err == nil && r.Status == payments.RefundSucceeded, err
	}
	a, changed, err := e.Payments.Recover(ctx, scope, i.Record.AttemptID)
	return changed, err == nil && a.Status == payments.StatusSucceeded, err
}

// unclear reports whether asking again may tell more.
func unclear(err error) bool {
	var e *app.Error
	return app.Is(err, app.OutcomeUnknown) || (errors.As(err, &e) && e.Reason == "being_asked")
}

// patientTries is how often a run comes again for answers that it did not get.
// Then what is left is filed as it stands, and people see it.
const patientTries = 5

// impatient reports why the run should come again rather than file what the
// channel may still explain.
func (e *execution) impatient(r repairs) error {
	if r.open == 0 || e.row.Tries > patientTries {
		return nil
	}
	return &broken{Problem: Problem{Code: ProblemUnavailable, Detail: fmt.Sprintf("no certain answer about %d payments and refunds", r.open)}}
}
