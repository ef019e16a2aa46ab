package merchants

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

const (
	// refreshAfter makes an hourly check a daily refresh, whatever the minute.
	refreshAfter = 23 * time.Hour
	// staleAfter is when certificates count as stale although no fetch failed:
	// nobody tried.
	staleAfter      = 25 * time.Hour
	refreshTimeout  = 15 * time.Second
	refreshWorkers  = 8
	certificatePage = 200
)

// expiryDays are the days before a certificate's end at which it is told of; 0
// is the end.
var expiryDays = []int64{0, 1, 3, 7, 14, 30}

// KeeperOf returns the account's client as a keeper of the channel's
// certificates, nil when it keeps none.
type KeeperOf func(ctx context.Context, a Account) (channel.CertificateKeeper, error)

// CheckCertificates looks at the certificates of every enabled account: it
// fetches those of the channel that are a day old or failed the last time,
// stores what is held, and raises account.certificates_stale and
// account.certificate_expiring, each once. It returns how many accounts it
// looked at. One server at a time should run it.
func (s *Service) CheckCertificates(ctx context.Context, keeperOf KeeperOf) (int, error) {
	total, after := 0, ""
	var failed error
	for {
		page, err := selectEnabledAfter(ctx, s.db, after, certificatePage)
		if err != nil || len(page) == 0 {
			return total, errors.Join(failed, err)
		}
		after = page[len(page)-1].ID
		total += len(page)
		var all errgroup.Group
		all.SetLimit(refreshWorkers)
		errs := make([]error, len(page))
		for i, a := range page {
			all.Go(func() error {
				errs[i] = s.checkCertificates(ctx, a, keeperOf)
				return nil // one account's trouble is not another's
			})
		}
		_ = all.Wait() // it returns what each function returned
		failed = errors.Join(append([]error{failed}, errs...)...)
	}
}

func (s *Service) checkCertificates(ctx context.Context, a Account, keeperOf KeeperOf) error {
	now := s.now()
	own, err := selectCertificate(ctx, s.db, a.MerchantID, a.ID, OwnedByAccount)
	if err != nil {
		return fmt.Errorf("check the certificates of %s: %w", a.ID, err)
	}
	fresh := own
	fresh.ExpiresAt = a.Health.CertificateExpiresAt
	if err := s.saveCertificate(ctx, a, own, fresh, now); err != nil {
		return fmt.Errorf("check the certificates of %s: %w", a.ID, err)
	}
	keeper, err := keeperOf(ctx, a)
	if err != nil || keeper == nil {
		return err
	}
	if err := s.refresh(ctx, a, keeper, now); err != nil {
		return fmt.Errorf("refresh the certificates of %s: %w", a.ID, err)
	}
	return nil
}

// refresh fetches the channel's certificates when they are due, and stores how
// that went. A fetch that failed is the account's issue, not an error.
func (s *Service) refresh(ctx context.Context, a Account, keeper channel.CertificateKeeper, now app.Millis) error {
	before, err := selectCertificate(ctx, s.db, a.MerchantID, a.ID, OwnedByChannel)
	if err != nil {
		return err
	}
	if before.LastError == "" && before.FetchedAt > now.Add(-refreshAfter) {
		return s.saveCertificate(ctx, a, before, before, now) // days pass all the same
	}
	return s.fetch(ctx, a, keeper, before, now)
}

// fetch fetches the channel's certificates, due or not.
func (s *Service) fetch(ctx context.Context, a Account, keeper channel.CertificateKeeper, before certificateRow, now app.Millis) error {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	failure := keeper.RefreshCertificates(ctx)
	ctx = context.WithoutCancel(ctx)
	held := keeper.CertificateState()
	if failure == nil && held.FetchedAt.IsZero() {
		return deleteCertificate(ctx, s.db, a.MerchantID, a.ID, OwnedByChannel) // it keeps none
	}
	after := before
	after.TriedAt, after.LastError, after.StaleSince = now, "", 0
	if failure != nil {
		after.LastError = describe(failure)
		if after.StaleSince = before.StaleSince; after.StaleSince == 0 {
			after.StaleSince = now
		}
	} else {
		after.FetchedAt, after.ExpiresAt = now, app.ToMillis(held.ExpiresAt)
		after.Serials = strings.Join(held.Serials, ",")
	}
	return s.saveCertificate(ctx, a, before, after, now)
}

// saveCertificate stores a row and raises what it gives rise to, in one
// transaction. When another server changed the row meanwhile, nothing is done:
// it has told.
func (s *Service) saveCertificate(ctx context.Context, a Account, before, after certificateRow, now app.Millis) error {
	expiry, ends := expiryIssue(a, after.Owner, after.ExpiresAt, now)
	days := stageOf(after.ExpiresAt, now)
	tellExpiry := ends && (before.ToldExpiry != after.ExpiresAt || days < before.ToldDays)
	if tellExpiry {
		after.ToldExpiry, after.ToldDays = after.ExpiresAt, days
	}
	if after == before {
		return nil
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		saved, err := storeCertificate(ctx, tx, a, before, after)
		if err != nil || !saved {
			return err
		}
		if tellExpiry {
			if err := s.announce(ctx, tx, EventCertificateExpiring, a, &expiry); err != nil {
				return err
			}
		}
		if before.StaleSince == 0 && after.StaleSince != 0 {
			stale := staleIssue(a, after)
			return s.announce(ctx, tx, EventCertificatesStale, a, &stale)
		}
		return nil
	})
}

// stageOf returns the smallest of expiryDays that the end is within, -1 when it
// is further away than all, or there is no end.
func stageOf(expires, now app.Millis) int64 {
	if expires == 0 {
		return -1
	}
	i := slices.IndexFunc(expiryDays, func(days int64) bool { return expires <= now.Add(time.Duration(days)*24*time.Hour) })
	if i < 0 {
		return -1
	}
	return expiryDays[i]
}

// expiryIssue is what there is to say about a certificate's end.
func expiryIssue(a Account, owner CertificateOwner, expires, now app.Millis) (Issue, bool) {
	days := stageOf(expires, now)
	if days < 0 {
		return Issue{}, false
	}
	i := issueOf(a, IssueCertificateExpiring)
	if days == 0 {
		i.Kind = IssueCertificateExpired
	}
	i.Owner, i.Until = owner, expires
	return i, true
}

func staleIssue(a Account, r certificateRow) Issue {
	i := issueOf(a, IssueCertificatesStale)
	i.Owner, i.Since, i.Until, i.Detail = OwnedByChannel, r.StaleSince, r.ExpiresAt, r.LastError
	return i
}

// fetchedIssues are those of certificates that are fetched from the channel.
func fetchedIssues(a Account, r certificateRow, now app.Millis) []Issue {
	var out []Issue
	if i, ok := expiryIssue(a, OwnedByChannel, r.ExpiresAt, now); ok {
		out = append(out, i)
	}
	switch {
	case r.StaleSince != 0:
		out = append(out, staleIssue(a, r))
	case r.FetchedAt < now.Add(-staleAfter):
		r.StaleSince = r.FetchedAt
		out = append(out, staleIssue(a, r))
	}
	return out
}
