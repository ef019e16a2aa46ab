package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
)

// ErrLeaseHeld means that another server holds the lease.
var ErrLeaseHeld = errors.New("the lease is held by another server")

// Lease is a right held for a while by one of several servers. Its Fence grows
// with every change of holder, so a late writer can be told from the current.
type Lease struct {
	Name  string
	Owner string
	Fence int64
	Until app.Millis
}

// AcquireLease takes or renews the lease name for owner until now + ttl by the
// database's clock. It returns ErrLeaseHeld while another owner's is unexpired.
func (d *DB) AcquireLease(ctx context.Context, name, owner string, ttl time.Duration) (Lease, error) {
	now, err := d.Now(ctx)
	if err != nil {
		return Lease{}, err
	}
	until := now.Add(ttl)
	n, err := d.Exec(ctx, `UPDATE job_leases SET lease_until = ? WHERE name = ? AND owner = ? AND lease_until > ?`, until, name, owner, now)
	if err == nil && n == 0 {
		n, err = d.Exec(ctx, `UPDATE job_leases SET owner = ?, lease_until = ?, fence = fence + 1 WHERE name = ? AND lease_until <= ?`, owner, until, name, now)
	}
	if err != nil {
		return Lease{}, fmt.Errorf("take lease %s: %w", name, err)
	}
	if n == 0 {
		_, err = d.Exec(ctx, `INSERT INTO job_leases (name, owner, lease_until, fence) VALUES (?, ?, ?, 1)`, name, owner, until)
		if IsDuplicate(err) {
			return Lease{}, ErrLeaseHeld
		}
		if err != nil {
			return Lease{}, fmt.Errorf("take lease %s: %w", name, err)
		}
	}
	lease := Lease{Name: name, Owner: owner, Until: until}
	if err := d.Get(ctx, &lease.Fence, `SELECT fence FROM job_leases WHERE name = ?`, name); err != nil {
		return Lease{}, fmt.Errorf("take lease %s: %w", name, err)
	}
	return lease, nil
}

// HoldsLease reports, inside a transaction, whether the lease is still this
// holder's: a job that was paused past its lease must not write.
func HoldsLease(ctx context.Context, tx *Tx, l Lease) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE job_leases SET fence = fence WHERE name = ? AND owner = ? AND fence = ?`, l.Name, l.Owner, l.Fence)
	return n == 1, err
}

// ReleaseLease ends the lease early so another server need not wait.
func (d *DB) ReleaseLease(ctx context.Context, l Lease) error {
	_, err := d.Exec(ctx, `UPDATE job_leases SET lease_until = 0 WHERE name = ? AND owner = ? AND fence = ?`, l.Name, l.Owner, l.Fence)
	return err
}
