package audit

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

// index is the one of a chain that serves the filter best; each ends in the id.
func (f Filter) index() string {
	switch {
	case f.requestID != "":
		return "audit_rows_request"
	case f.session != "":
		return "audit_rows_session"
	case f.Target != "":
		return "audit_rows_target"
	case f.ActorID != "" || f.Program:
		return "audit_rows_actor"
	case f.Action != "":
		return "audit_rows_action"
	}
	return "audit_rows_list"
}

func listRows(ctx context.Context, q db.Querier, f Filter) ([]Row, error) {
	b := db.NewBuild(`SELECT ` + rowColumns + ` FROM audit_rows WHERE 1 = 1`)
	if f.Chain != "" {
		b.By(f.index()).And(`chain = ?`, f.Chain)
	}
	if f.requestID != "" {
		b.And(`request_id = ?`, f.requestID)
	}
	if f.session != "" {
		b.And(`session_id = ?`, f.session)
	}
	if f.ActorID != "" {
		b.And(`actor_id = ?`, f.ActorID)
	}
	if f.Program {
		b.And(`actor_id = ''`).And(`actor_kind = ?`, KindSystem)
	}
	if f.Action != "" {
		b.And(`action = ?`, f.Action)
	}
	if f.Target != "" {
		b.And(`target = ?`, f.Target)
	}
	if f.From != 0 {
		b.And(`id >= ?`, firstID(f.From))
	}
	if f.To != 0 {
		b.And(`id < ?`, firstID(f.To))
	}
	if f.Cursor != "" {
		b.And(`id < ?`, f.Cursor)
	}
	var rows []Row
	err := b.Tail(`ORDER BY id DESC LIMIT ?`, f.Limit).Select(ctx, q, &rows)
	return rows, err
}

// firstName is the first name in the chain from the text on, "" for none. Like
// nextName and nextNamed it is answered from the end of an index, however many
// rows have the name.
func firstName(ctx context.Context, q db.Querier, chain, text string) (string, error) {
	var name string
	err := q.Get(ctx, &name, `SELECT COALESCE(MIN(target_key), '') FROM audit_rows WHERE chain = ? AND target_key >= ?`, chain, text)
	return name, err
}

func nextName(ctx context.Context, q db.Querier, chain, after string) (string, error) {
	var name string
	err := q.Get(ctx, &name, `SELECT COALESCE(MIN(target_key), '') FROM audit_rows WHERE chain = ? AND target_key > ?`, chain, after)
	return name, err
}

// nextNamed is the first target of the name after the one given, "" for none.
func nextNamed(ctx context.Context, q db.Querier, chain, name, after string) (string, error) {
	var target string
	err := q.Get(ctx, &target, `SELECT COALESCE(MIN(target), '') FROM audit_rows WHERE chain = ? AND target_key = ? AND target > ?`, chain, name, after)
	return target, err
}
