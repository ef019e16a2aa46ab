// Package refused holds SQL texts that at least one engine refuses or
// understands differently.
package refused

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

func all(ctx context.Context, d *db.DB) {
	var dest string
	_ = d.Get(ctx, &dest, `SELECT name FROM missing_table`)
	_ = d.Get(ctx, &dest, `SELECT colour FROM job_leases`)
	_ = d.Get(ctx, &dest, `SELECT name AS rank FROM job_leases`)
	_ = d.Get(ctx, &dest, `SELECT name FROM job_leases WHERE lease_until < CURRENT_TIMESTAMP`)
	_ = d.Get(ctx, &dest, `SELECT name || owner FROM job_leases`)
	_ = d.Get(ctx, &dest, `SELECT name FROM job_leases WHERE owner = "me"`)
	_ = d.Get(ctx, &dest, `SELECT fence / 2 FROM job_leases`)
	_ = d.Get(ctx, &dest, `SELECT name FROM job_leases ORDER BY name LIMIT 1 OFFSET 2`)
	_ = d.Get(ctx, &dest, `SELECT name FROM job_leases FOR UPDATE`)
	_, _ = d.Exec(ctx, `INSERT INTO job_leases (name, owner, lease_until, fence) VALUES (?, ?, 0, 0) ON DUPLICATE KEY UPDATE fence = 1`)
	_, _ = d.Exec(ctx, `REPLACE INTO job_leases (name, owner, lease_until, fence) VALUES (?, ?, 0, 0)`)
	_, _ = d.Exec(ctx, `UPDATE job_leases SET fence = 1 RETURNING fence`)
	_ = d.Get(ctx, &dest, `SELECT name FROM job_leases WHERE LENGTH(name) > 3`)
	_ = d.Get(ctx, &dest, `SELECT name AS system FROM job_leases`)
	_ = d.Get(ctx, &dest, "SELECT `name` FROM job_leases")
	_, _ = d.Exec(ctx, `UPDATE job_leases SET fence = 1; UPDATE job_leases SET fence = 2`)

	b := db.NewBuild(`SELECT name FROM job_leases WHERE 1 = 1`)
	if dest != "" {
		b.And(`missing_alone = ?`, dest)
	}
	other := db.NewBuild(`SELECT name FROM job_leases WHERE 2 = 2`).Tail(`ORDER BY missing_tail`)
	passed(other)
	returned().And(`missing_returned = 1`)
}

func passed(b *db.Build) { b.And(`missing_passed = ?`, 1) }

func returned() *db.Build {
	b := db.NewBuild(`SELECT name FROM job_leases WHERE 3 = 3`)
	return b
}
