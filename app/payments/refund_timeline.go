package payments

import (
	"context"
	"maps"

	"github.com/piaohao/piaohao/app"
)

// refundEntry makes a row about a refund on its payment's timeline.
func refundEntry(ctx context.Context, at app.Millis, r Refund, kind Kind, message string, args map[string]string) Entry {
	all := map[string]string{"refund": r.ID, "refund_no": r.RefundNo, "amount": r.Amount.String()}
	maps.Copy(all, args)
	return entry(ctx, at, r.attempt(), kind, message, all)
}

// askedRefundEntry tells that a refund was asked for.
func askedRefundEntry(ctx context.Context, at app.Millis, r Refund, claim *Claim) Entry {
	kind := map[RefundSource]Kind{SourceAPI: KindAPI, SourceConsole: KindPerson, SourcePolicy: KindState}[r.Source]
	args := map[string]string{"reason": r.Reason, "status": string(r.Status)}
	if ip := app.ClientIP(ctx); ip != "" {
		args["ip"] = ip
	}
	if claim != nil {
		args["idempotency_key"] = claim.Key
	}
	return refundEntry(ctx, at, r, kind, "refund.requested", args)
}
