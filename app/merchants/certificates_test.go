package merchants_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// fetcher keeps certificates that these tests date. The real adapter meets the
// sandbox in the payments' tests.
type fetcher struct {
	clock   *clock
	expires time.Time
	failure error
	keeps   bool
	fetches int
	held    channel.CertificateState
}

func (f *fetcher) RefreshCertificates(context.Context) error {
	f.fetches++
	if f.failure != nil || !f.keeps {
		return f.failure
	}
	f.held = channel.CertificateState{FetchedAt: f.clock.Now(), ExpiresAt: f.expires, Serials: []string{"5157F09E", "6157F09E"}}
	return nil
}

func (f *fetcher) CertificateState() channel.CertificateState { return f.held }

func (r *room) check(t *testing.T, f *fetcher) {
	t.Helper()
	_, err := r.CheckCertificates(t.Context(), func(context.Context, merchants.Account) (channel.CertificateKeeper, error) {
		if f == nil {
			return nil, nil
		}
		return f, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestACertificatesEndIsToldAtEachStageOnce(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		end := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC) // as the reader says
		told := 0
		for _, stage := range []struct {
			daysLeft int
			hours    int
			events   int
			kinds    []merchants.IssueKind
		}{
			{31, 0, 0, nil},
			{30, 0, 1, []merchants.IssueKind{merchants.IssueCertificateExpiring}},
			{29, 0, 0, []merchants.IssueKind{merchants.IssueCertificateExpiring}},
			{14, 0, 1, []merchants.IssueKind{merchants.IssueCertificateExpiring}},
			{8, 0, 0, []merchants.IssueKind{merchants.IssueCertificateExpiring}},
			{7, 0, 1, []merchants.IssueKind{merchants.IssueCertificateExpiring}},
			{3, 0, 1, []merchants.IssueKind{merchants.IssueCertificateExpiring}},
			{1, 0, 1, []merchants.IssueKind{merchants.IssueCertificateExpiring}},
			{0, 1, 0, []merchants.IssueKind{merchants.IssueCertificateExpiring}},
			{0, 0, 1, []merchants.IssueKind{merchants.IssueCertificateExpired}},
			{-5, 0, 0, []merchants.IssueKind{merchants.IssueCertificateExpired}},
		} {
			left := time.Duration(stage.daysLeft)*24*time.Hour + time.Duration(stage.hours)*time.Hour
			r.clock.advance(end.Add(-left).Sub(r.clock.Now()))
			r.check(t, nil)
			r.check(t, nil)
			told += stage.events
			if got := r.told(t, a.ID); len(got) != told {
				t.Fatalf("%s before the end %d events were raised, want %d", left, len(got), told)
			}
			if got := r.kinds(t); !slices.Equal(got, stage.kinds) && len(got)+len(stage.kinds) > 0 {
				t.Errorf("%s before the end the issues are %v, want %v", left, got, stage.kinds)
			}
		}
		if issue := r.lastIssue(t, a.ID); issue.Kind != "certificate_expired" || issue.Owner != "account" || issue.Until != "2031-01-01T08:00:00+08:00" {
			t.Errorf("the last event says %+v", issue)
		}
	})
}

func TestACheckThatSlippedTellsOnlyTheLatestStage(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		r.clock.advance(time.Date(2030, 12, 30, 0, 0, 0, 0, time.UTC).Sub(r.clock.Now()))
		r.check(t, nil)
		if got := r.told(t, a.ID); !slices.Equal(got, []string{"account.certificate_expiring"}) {
			t.Errorf("told %v", got)
		}
	})
}

func TestPlatformCertificatesAreFetchedDailyAndStaleOnesTold(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		f := &fetcher{clock: r.clock, keeps: true, expires: r.clock.Now().AddDate(5, 0, 0)}
		for range 24 {
			r.check(t, f)
			r.clock.advance(time.Hour)
		}
		if f.fetches != 1+1 {
			t.Errorf("%d fetches in 24 hourly checks, want one at once and one a day later", f.fetches)
		}
		if got := r.kinds(t); len(got) != 0 {
			t.Errorf("issues %v", got)
		}

		f.failure = &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Status: 502, Code: "CERTIFICATES_UNAVAILABLE"}
		r.clock.advance(24 * time.Hour)
		before := f.fetches
		for range 3 {
			r.check(t, f)
			r.clock.advance(time.Hour)
		}
		if f.fetches != before+3 {
			t.Errorf("a failed fetch was repeated %d times in three hours", f.fetches-before-1)
		}
		if got := r.told(t, a.ID); !slices.Equal(got, []string{"account.certificates_stale"}) {
			t.Errorf("told %v", got)
		}
		if issue := r.lastIssue(t, a.ID); issue.Owner != "channel" || issue.Detail != "unknown: CERTIFICATES_UNAVAILABLE " || issue.Since == "" {
			t.Errorf("the event says %+v", issue)
		}
		if got := r.kinds(t); !slices.Equal(got, []merchants.IssueKind{merchants.IssueCertificatesStale}) {
			t.Errorf("issues %v", got)
		}
		f.failure = nil
		r.check(t, f)
		if got := r.kinds(t); len(got) != 0 {
			t.Errorf("issues %v after a good fetch", got)
		}
	})
}

func TestCertificatesThatNobodyFetchesAreStale(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.enabled(t, "wx1")
		r.check(t, &fetcher{clock: r.clock, keeps: true, expires: r.clock.Now().AddDate(5, 0, 0)})
		r.clock.advance(26 * time.Hour) // the job stands still
		if got := r.kinds(t); !slices.Equal(got, []merchants.IssueKind{merchants.IssueCertificatesStale}) {
			t.Errorf("issues %v", got)
		}
	})
}

func TestAFetchedCertificatesEndIsToldToo(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		f := &fetcher{clock: r.clock, keeps: true, expires: r.clock.Now().AddDate(0, 0, 20)}
		r.check(t, f)
		r.check(t, f)
		if got := r.told(t, a.ID); !slices.Equal(got, []string{"account.certificate_expiring"}) {
			t.Errorf("told %v", got)
		}
		if issue := r.lastIssue(t, a.ID); issue.Owner != "channel" {
			t.Errorf("the event says %+v", issue)
		}
		r.clock.advance(7 * 24 * time.Hour)
		f.expires = r.clock.Now().AddDate(5, 0, 0) // rotated
		r.check(t, f)
		if got := r.told(t, a.ID); len(got) != 1 {
			t.Errorf("told %v after the rotation", got)
		}
	})
}

// An account that was moved to WeChat's public key keeps no certificates: what
// was known of them must not go stale.
func TestAnAccountThatKeepsNoneHasNoStaleCertificates(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.enabled(t, "wx1")
		f := &fetcher{clock: r.clock, keeps: true, expires: r.clock.Now().AddDate(5, 0, 0)}
		r.check(t, f)
		r.clock.advance(48 * time.Hour)
		r.check(t, &fetcher{clock: r.clock})
		if got := r.kinds(t); len(got) != 0 {
			t.Errorf("issues %v", got)
		}
	})
}

func TestDisabledAccountsAreLeftAlone(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		if _, err := r.DisableAccount(t.Context(), r.m.ID, a.ID); err != nil {
			t.Fatal(err)
		}
		f := &fetcher{clock: r.clock, keeps: true}
		r.check(t, f)
		if f.fetches != 0 {
			t.Error("a disabled account's certificates were fetched")
		}
	})
}
