package audit

import (
	"context"
	"errors"

	"github.com/piaohao/piaohao/app/db"
)

const rowColumns = `id, chain, seq, created_at, actor_kind, actor_id, actor_name, actor_ip,
	action, target, before_json, after_json, request_id, prev_hash, hash,
	version, session_id, actor_agent, target_name, target_key`

func advanceHead(ctx context.Context, q db.Querier, chain string) (int64, error) {
	return q.Exec(ctx, `UPDATE audit_heads SET seq = seq + 1 WHERE chain = ?`, chain)
}

func readHead(ctx context.Context, q db.Querier, chain string) (Head, error) {
	var h Head
	err := q.Get(ctx, &h, `SELECT chain, seq, hash, mac FROM audit_heads WHERE chain = ?`, chain)
	return h, err
}

func insertHead(ctx context.Context, q db.Querier, h Head, mac string) error {
	_, err := q.Exec(ctx, `INSERT INTO audit_heads (chain, seq, hash, mac) VALUES (?, ?, ?, ?)`, h.Chain, h.Seq, h.Hash, mac)
	return err
}

func sealHead(ctx context.Context, q db.Querier, h Head, mac string) error {
	_, err := q.Exec(ctx, `UPDATE audit_heads SET hash = ?, mac = ? WHERE chain = ? AND seq = ?`, h.Hash, mac, h.Chain, h.Seq)
	return err
}

func insertRow(ctx context.Context, q db.Querier, r *Row) error {
	_, err := q.Exec(ctx, `INSERT INTO audit_rows (`+rowColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Chain, r.Seq, r.CreatedAt, r.ActorKind, r.ActorID, r.ActorName, r.ActorIP,
		r.Action, r.Target, r.Before, r.After, r.RequestID, r.PrevHash, r.Hash,
		r.Version, r.Session, r.Agent, r.Name, r.NameKey)
	return err
}

func hasRows(ctx context.Context, q db.Querier, chain string) (bool, error) {
	var seq int64
	err := q.Get(ctx, &seq, `SELECT seq FROM audit_rows WHERE chain = ? ORDER BY seq LIMIT 1`, chain)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func listHeads(ctx context.Context, q db.Querier) ([]Head, error) {
	var heads []Head
	err := q.Select(ctx, &heads, `SELECT chain, seq, hash, mac FROM audit_heads ORDER BY chain`)
	return heads, err
}

// listChains also finds chains whose head row is gone, and those of which nothing
// is left but that they were checked.
func listChains(ctx context.Context, q db.Querier) ([]string, error) {
	var chains []string
	err := q.Select(ctx, &chains, `SELECT chain FROM audit_heads UNION SELECT chain FROM audit_rows UNION SELECT chain FROM audit_checks ORDER BY chain`)
	return chains, err
}

func rowsAfter(ctx context.Context, q db.Querier, chain string, seq, until int64, limit int) ([]Row, error) {
	var rows []Row
	err := q.Select(ctx, &rows, `SELECT `+rowColumns+` FROM audit_rows
		WHERE chain = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?`, chain, seq, until, limit)
	return rows, err
}

// rowsBeyondHead is one statement, hence one snapshot: rows being appended
// meanwhile are not among them.
func rowsBeyondHead(ctx context.Context, q db.Querier, chain string, limit int) ([]Row, error) {
	var rows []Row
	err := q.Select(ctx, &rows, `SELECT `+rowColumns+` FROM audit_rows
		WHERE chain = ? AND seq > COALESCE((SELECT h.seq FROM audit_heads h WHERE h.chain = audit_rows.chain), 0)
		ORDER BY seq LIMIT ?`, chain, limit)
	return rows, err
}
