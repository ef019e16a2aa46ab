package payments

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

// attemptsDue returns, by payment, the attempts that are to be looked at.
func (store) attemptsDue(ctx context.Context, q db.Querier, paymentIDs []string) (map[string]map[string]bool, error) {
	var rows []struct {
		ID        string `db:"id"`
		PaymentID string `db:"payment_id"`
	}
	err := q.Select(ctx, &rows, `SELECT id, payment_id FROM attempts WHERE payment_id IN (?) AND next_query_at > 0`, paymentIDs)
	due := map[string]map[string]bool{}
	for _, r := range rows {
		if due[r.PaymentID] == nil {
			due[r.PaymentID] = map[string]bool{}
		}
		due[r.PaymentID][r.ID] = true
	}
	return due, wrap("read what is to be asked about", err)
}

func (store) withoutPaymentKey(ctx context.Context, q db.Querier, ids []string) ([]string, error) {
	var lost []string
	err := q.Select(ctx, &lost, `SELECT p.id FROM payments p
 LEFT JOIN payment_keys k ON k.merchant_id = p.merchant_id AND k.mode = p.mode AND k.order_no = p.order_no
 WHERE p.id IN (?) AND (k.payment_id IS NULL OR k.payment_id <> p.id)`, ids)
	return lost, wrap("compare order numbers", err)
}

func (store) withoutRefundKey(ctx context.Context, q db.Querier, ids []string) ([]string, error) {
	var lost []string
	err := q.Select(ctx, &lost, `SELECT r.id FROM refunds r
 LEFT JOIN refund_keys k ON k.merchant_id = r.merchant_id AND k.mode = r.mode AND k.refund_no = r.refund_no
 WHERE r.id IN (?) AND (k.refund_id IS NULL OR k.refund_id <> r.id)`, ids)
	return lost, wrap("compare refund numbers", err)
}

// strayRefunds returns the refunds whose attempt or payment is missing or not
// theirs.
func (store) strayRefunds(ctx context.Context, q db.Querier, ids []string) ([]string, error) {
	var strays []string
	err := q.Select(ctx, &strays, `SELECT r.id FROM refunds r
 LEFT JOIN attempts a ON a.id = r.attempt_id AND a.payment_id = r.payment_id AND a.merchant_id = r.merchant_id AND a.mode = r.mode AND a.account_id = r.account_id
 LEFT JOIN payments p ON p.id = r.payment_id AND p.merchant_id = r.merchant_id AND p.mode = r.mode
 WHERE r.id IN (?) AND (a.id IS NULL OR p.id IS NULL)`, ids)
	return strays, wrap("compare refunds with their orders", err)
}

// looseAdopted returns the refunds of the channel's whose number does not stand
// for them.
func (store) looseAdopted(ctx context.Context, q db.Querier, ids []string) ([]string, error) {
	var loose []string
	err := q.Select(ctx, &loose, `SELECT r.id FROM refunds r LEFT JOIN adopted_refunds d ON d.attempt_id = r.attempt_id AND d.number = r.number
 WHERE r.id IN (?) AND r.source = 'channel' AND (d.refund_id IS NULL OR d.refund_id <> r.id)`, ids)
	return loose, wrap("compare adopted refunds", err)
}

// stuckTurns returns the attempts whose turn is held by no refund on its way.
func (store) stuckTurns(ctx context.Context, q db.Querier, ids []string) ([]string, error) {
	var stuck []string
	err := q.Select(ctx, &stuck, `SELECT a.id FROM attempts a LEFT JOIN refunds r ON r.id = a.refund_turn
 WHERE a.id IN (?) AND a.refund_turn <> '' AND (r.id IS NULL OR r.status <> 'pending')`, ids)
	return stuck, wrap("compare the turns of refunds", err)
}

// waitingFor returns the refunds that wait for approvals, by the approval's id.
func (store) waitingFor(ctx context.Context, q db.Querier, approvals []string) (map[string]string, error) {
	var rows []struct {
		ID         string `db:"id"`
		ApprovalID string `db:"approval_id"`
	}
	err := q.Select(ctx, &rows, `SELECT id, approval_id FROM refunds WHERE status = 'awaiting_approval' AND approval_id IN (?)`, approvals)
	waiting := map[string]string{}
	for _, r := range rows {
		waiting[r.ApprovalID] = r.ID
	}
	return waiting, wrap("read refunds that wait", err)
}
