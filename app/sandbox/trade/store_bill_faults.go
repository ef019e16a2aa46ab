package trade

import (
	"context"
	"fmt"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const billFaultColumns = `id, channel, account, bill_day, fault, wanted, used, number, delta, picked, effect, created_at`

// picks are rows' keys, in the order in which they were picked; in the database
// a line each.
type picks []string

func (p picks) text() string { return strings.Join(p, "\n") }

// Scan reads them from the database.
func (p *picks) Scan(from any) error {
	var text string
	switch from := from.(type) {
	case string:
		text = from
	case []byte:
		text = string(from)
	default:
		return fmt.Errorf("picked rows are text, not %T", from)
	}
	*p = picks{}
	if text != "" {
		*p = strings.Split(text, "\n")
	}
	return nil
}

func insertBillFault(ctx context.Context, q db.Querier, p BillPlan) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_bill_faults (`+billFaultColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		p.ID, p.Channel, p.Account, p.Day, p.Fault, p.Count, p.Used, p.Number, p.Delta, p.Picked.text(), p.Effect, p.CreatedAt)
	return err
}

func selectBillFaults(ctx context.Context, q db.Querier, account string, day app.Day) (plans []BillPlan, err error) {
	if foreign(account, string(day)) {
		return nil, nil
	}
	b := db.NewBuild(`SELECT ` + billFaultColumns + ` FROM sandbox_bill_faults WHERE 1 = 1`)
	if account != "" {
		b.And(`account = ?`, account)
	}
	if day != "" {
		b.And(`bill_day = ?`, day)
	}
	err = b.Tail(`ORDER BY id LIMIT ?`, maxBillPlans).Select(ctx, q, &plans)
	return plans, err
}

// maxBillPlans bounds what is read at once.
const maxBillPlans = 10_000

// selectPlannedBills lists what is planned for the account's bills up to the
// day.
func selectPlannedBills(ctx context.Context, q db.Querier, account string, until app.Day) (plans []BillPlan, err error) {
	err = q.Select(ctx, &plans, `SELECT `+billFaultColumns+` FROM sandbox_bill_faults
 WHERE account = ? AND bill_day <= ? ORDER BY bill_day, id LIMIT ?`, account, until, maxBillPlans)
	return plans, err
}

func selectBillFault(ctx context.Context, q db.Querier, id string) (p BillPlan, err error) {
	err = q.Get(ctx, &p, `SELECT `+billFaultColumns+` FROM sandbox_bill_faults WHERE id = ?`, id)
	return p, err
}

// updateBillPicks remembers a plan's rows, unless another download did before.
func updateBillPicks(ctx context.Context, q db.Querier, p BillPlan, before picks) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_bill_faults SET picked = ?, effect = ?, used = ? WHERE id = ? AND picked = ?`, p.Picked.text(), p.Effect, p.Used, p.ID, before.text())
}

// updateBillUsed uses one request of a plan up.
func updateBillUsed(ctx context.Context, q db.Querier, id string) (int64, error) {
	return q.Exec(ctx, `UPDATE sandbox_bill_faults SET used = used + 1 WHERE id = ? AND used < wanted`, id)
}

func deleteBillFault(ctx context.Context, q db.Querier, id string) (int64, error) {
	if foreign(id) {
		return 0, nil
	}
	return q.Exec(ctx, `DELETE FROM sandbox_bill_faults WHERE id = ?`, id)
}

func deleteBillFaults(ctx context.Context, q db.Querier, account string, day app.Day) (int64, error) {
	if foreign(account, string(day)) {
		return 0, nil
	}
	return q.Exec(ctx, `DELETE FROM sandbox_bill_faults WHERE (? = '' OR account = ?) AND (? = '' OR bill_day = ?)`, account, account, day, day)
}
