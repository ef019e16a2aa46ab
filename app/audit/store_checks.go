package audit

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

const checkColumns = `chain, through, problems, findings, checked_by, checked_name, checked_at, head, row_count, seen_seq, seen_head`

func insertCheck(ctx context.Context, q db.Querier, r checkRow) error {
	_, err := q.Exec(ctx, `INSERT INTO audit_checks (`+checkColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.Chain, r.Through, r.Problems, r.Findings, r.By, r.Name, r.At, r.Head, r.Rows, r.SeenSeq, r.SeenHead)
	return err
}

func replaceCheck(ctx context.Context, q db.Querier, r checkRow) (int64, error) {
	return q.Exec(ctx, `UPDATE audit_checks SET through = ?, problems = ?, findings = ?, checked_by = ?, checked_name = ?, checked_at = ?,
		head = ?, row_count = ?, seen_seq = ?, seen_head = ? WHERE chain = ?`,
		r.Through, r.Problems, r.Findings, r.By, r.Name, r.At, r.Head, r.Rows, r.SeenSeq, r.SeenHead, r.Chain)
}

func readCheck(ctx context.Context, q db.Querier, chain string) (checkRow, error) {
	var r checkRow
	err := q.Get(ctx, &r, `SELECT `+checkColumns+` FROM audit_checks WHERE chain = ?`, chain)
	return r, err
}

func brokenChecks(ctx context.Context, q db.Querier) ([]checkRow, error) {
	var rows []checkRow
	err := q.Select(ctx, &rows, `SELECT `+checkColumns+` FROM audit_checks WHERE problems > 0 ORDER BY problems DESC, chain LIMIT 20`)
	return rows, err
}
