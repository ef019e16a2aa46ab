// Package unfollowed holds SQL texts that no test can know.
package unfollowed

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

type runner interface {
	Exec(ctx context.Context, query string, args ...any) (int64, error)
}

func all(ctx context.Context, d *db.DB, tx *db.Tx, q db.Querier, r runner, s string) {
	_ = d.Get(ctx, nil, "SELECT "+s)
	_ = tx.Select(ctx, nil, s)
	_, _ = q.Exec(ctx, s)
	_ = d.Each(ctx, s, nil, nil)
	_ = db.InsertRows(ctx, q, s, nil)
	_ = db.InsertRows(ctx, q, "INSERT INTO job_leases (name) SELECT ?", nil)
	b := db.NewBuild(s)
	b.And(s)
	b.Tail(s)
	_, _ = r.Exec(ctx, s)
	exec := d.Exec
	_, _ = exec(ctx, s)
}

// nested embeds the handle, which promotes its methods.
type nested struct{ *db.DB }

func promoted(ctx context.Context, n nested, s string) {
	const text = "SELECT 1"
	_, _ = n.Exec(ctx, text+s)
}

// orphan adds to a builder that nobody passes.
func orphan(b *db.Build) {
	b.And("owner = ?")
}

func fromMap(m map[string]*db.Build) {
	m["x"].And("owner = ?")
}
