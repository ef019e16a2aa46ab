// Package forms holds statements whose conditions come by several ways.
package forms

import (
	"context"

	"github.com/piaohao/piaohao/app/db"
)

const update = `UPDATE job_leases`

type filter struct{ owner string }

func list(ctx context.Context, q db.Querier, f filter) ([]string, error) {
	b := base()
	if f.owner != "" {
		b = b.And(`owner = ?`, f.owner)
	}
	var names []string
	err := fenced(b).Tail(`ORDER BY name`).Select(ctx, q, &names)
	return names, err
}

func base() *db.Build { return db.NewBuild(`SELECT name FROM job_leases WHERE 1 = 1`) }

func fenced(b *db.Build) *db.Build { return b.And(`fence > ?`, 1) }

func plain(ctx context.Context, tx *db.Tx) error {
	var fences []int64
	if err := db.NewBuild(`SELECT fence FROM job_leases WHERE 2 = 2`).Select(ctx, tx, &fences); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, update+` SET fence = 0`)
	return err
}
