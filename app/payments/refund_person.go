package payments

import (
	"context"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
)

// Resolution is how a person ended an abnormal refund: the money arrived some
// other way (a transfer, the channel's console), or it did not and will not.
type Resolution struct {
	Succeeded bool
	Reason    string // required, at most 80 characters
	By        approvals.Person
}

// ResolveAbnormal ends an abnormal refund by a person's word, audited. Errors:
// Invalid without a reason, NotFound, Conflict with reason refund_not_abnormal.
func (s *Service) ResolveAbnormal(ctx context.Context, scope Scope, id string, in Resolution) (Refund, error) {
	var v violations
	v.text("reason", in.Reason, maxReason)
	if err := v.err(); err != nil {
		return Refund{}, err
	}
	in.Reason = strings.TrimSpace(in.Reason)
	ctx = WithCause(ctx, Cause{in.By.Kind, in.By.Name})
	var out Refund
	err := s.inTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		before, err := s.store.refund(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if before.Status != RefundAbnormal {
			return notAbnormal(before)
		}
		out = before
		out.ErrorCode, out.ErrorMessage = "resolved", in.Reason
		to := RefundFailed
		if in.Succeeded {
			to, out.SucceededAt, out.ErrorCode, out.ErrorMessage = RefundSucceeded, now, "", ""
		}
		e, err := s.moveRefund(ctx, tx, &out, to, out.ChannelRefundNo, now)
		if err != nil {
			return err
		}
		e.Kind, e.Message = KindPerson, "refund.resolved"
		e.Args = encodeArgs(map[string]string{"refund": out.ID, "refund_no": out.RefundNo, "amount": out.Amount.String(), "to": string(to), "reason": in.Reason})
		if err := s.store.insertTimeline(ctx, tx, []Entry{e}); err != nil {
			return err
		}
		told := out
		told.ErrorMessage = in.Reason
		return s.auditRefund(ctx, tx, "refund.resolve", &before, told)
	})
	if isMoved(err) {
		return Refund{}, notAbnormal(Refund{ID: id})
	}
	if err != nil {
		return Refund{}, err
	}
	return out, nil
}

func notAbnormal(r Refund) error {
	return app.Errorf(app.Conflict, "refund %s is not abnormal: there is nothing to resolve", r.ID).WithReason("refund_not_abnormal").WithDetail("refund_id", r.ID)
}
