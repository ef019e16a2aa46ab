package merchants_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

func TestOnlyWorkingKeysAreEnabled(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		in := r.registration("wx1")
		in.Credentials = json.RawMessage(incomplete)
		draft := r.register(t, in)
		never := func(context.Context, merchants.Account, json.RawMessage) error {
			t.Error("credentials that fail a check were sent out")
			return nil
		}
		_, err := r.EnableAccount(ctx, r.m.ID, draft.ID, never)
		wantCode(t, err, app.Conflict, "credentials_incomplete")
		r.wantEnabled(t, draft.ID, false)

		a := r.register(t, r.registration("wx2"))
		_, err = r.EnableAccount(ctx, r.m.ID, a.ID, refuses)
		wantCode(t, err, app.Declined, "account_probe_failed")
		var e *app.Error
		if !errors.As(err, &e) || e.Channel == nil || e.Channel.Code != "SIGN_ERROR" || e.Channel.Message != "签名错误" {
			t.Errorf("the channel's words are missing from %+v", e)
		}
		got := r.wantEnabled(t, a.ID, false)
		if got.Health.ProbeError != "refused: SIGN_ERROR 签名错误" || got.Health.LastProbeAt == 0 || got.Health.ProbedVersion != 0 {
			t.Errorf("health %+v", got.Health)
		}

		enabled := r.enable(t, a)
		got = r.wantEnabled(t, a.ID, true)
		if !enabled.Enabled || got.Health.ProbeError != "" || got.Health.ProbedVersion != 1 {
			t.Errorf("health %+v", got.Health)
		}
		if got := r.actions(t, r.m.ID, a.ID); !slices.Equal(got, []string{"account.register", "account.probe", "account.probe", "account.enable"}) {
			t.Errorf("audited %q", got)
		}
	})
}

func (r *room) wantEnabled(t *testing.T, id string, want bool) merchants.Account {
	t.Helper()
	a, err := r.Account(t.Context(), r.m.ID, id)
	if err != nil || a.Enabled != want {
		t.Fatalf("enabled %v, %v; want %v", a.Enabled, err, want)
	}
	return a
}

// The table itself holds the rule, whatever code comes later.
func TestTheDatabaseRefusesUnprovenKeys(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		r.register(t, r.registration("wx1"))
		if _, err := r.db.Exec(t.Context(), `UPDATE accounts SET enabled = 1`); err == nil {
			t.Fatal("an unproven account was enabled")
		}
	})
}

func TestAProbeCountsOnlyForTheVersionItUsed(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		a := r.register(t, r.registration("wx1"))
		replaced := func(ctx context.Context, a merchants.Account, _ json.RawMessage) error {
			_, _, err := r.UpdateCredentials(ctx, a.MerchantID, a.ID, json.RawMessage(working), reader{}, nil)
			return err
		}
		_, err := r.EnableAccount(ctx, r.m.ID, a.ID, replaced)
		wantCode(t, err, app.Conflict, "account_changed")
		got := r.wantEnabled(t, a.ID, false)
		if got.Version != 2 || got.Health.ProbedVersion != 0 {
			t.Errorf("version %d, probed %d; want 2 and 0", got.Version, got.Health.ProbedVersion)
		}
		_, err = r.Credentials(ctx, a)
		wantCode(t, err, app.Conflict, "account_changed")
	})
}

func TestAnOutageIsNoRefusal(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		r.clock.advance(time.Hour)
		down := func(context.Context, merchants.Account, json.RawMessage) error {
			return &channel.Error{Kind: channel.KindUnknown, Channel: app.WeChat, Cause: errors.New("Authorization: leaked")}
		}
		_, err := r.ProbeAccount(t.Context(), r.m.ID, a.ID, down)
		wantCode(t, err, app.Unavailable, "account_probe_failed")
		got := r.wantEnabled(t, a.ID, true)
		if got.Health.ProbeError != "unknown" || got.Health.ProbedVersion != 1 || got.Health.LastProbeAt != app.ToMillis(r.clock.Now()) {
			t.Errorf("health %+v", got.Health)
		}
		long := func(context.Context, merchants.Account, json.RawMessage) error {
			return &channel.Error{Kind: channel.KindRefused, Channel: app.WeChat, Message: strings.Repeat("错", 2000)}
		}
		_, err = r.ProbeAccount(t.Context(), r.m.ID, a.ID, long)
		wantCode(t, err, app.Declined, "account_probe_failed")
	})
}

func TestNewCredentialsThatWorkKeepTheAccountEnabled(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		a := r.enabled(t, "wx1")
		next := json.RawMessage(`{"identity":"1900000001","key":"next"}`)
		var candidate merchants.Account
		got, _, err := r.UpdateCredentials(ctx, r.m.ID, a.ID, next, reader{}, func(_ context.Context, a merchants.Account, c json.RawMessage) error {
			candidate = a
			if string(c) != string(next) {
				t.Errorf("the probe used %s", c)
			}
			return nil
		})
		if err != nil || !got.Enabled || got.Version != 2 || got.Health.ProbedVersion != 2 {
			t.Fatalf("updated %+v, %v", got, err)
		}
		if candidate.Version != 0 {
			t.Errorf("the candidate has version %d: a client of it could be cached", candidate.Version)
		}
		if c, err := r.Credentials(ctx, got); err != nil || string(c) != string(next) {
			t.Errorf("credentials %s, %v", c, err)
		}
	})
}

func TestNewCredentialsThatFailChangeNothing(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		a := r.enabled(t, "wx1")
		_, _, err := r.UpdateCredentials(ctx, r.m.ID, a.ID, json.RawMessage(working), reader{}, refuses)
		wantCode(t, err, app.Declined, "account_probe_failed")
		_, _, err = r.UpdateCredentials(ctx, r.m.ID, a.ID, json.RawMessage(incomplete), reader{}, passes)
		wantCode(t, err, app.Conflict, "credentials_incomplete")
		_, _, err = r.UpdateCredentials(ctx, r.m.ID, a.ID, json.RawMessage(`{"identity":"1900000002","key":"abc"}`), reader{}, passes)
		wantCode(t, err, app.Conflict, "identity_differs")
		_, _, err = r.UpdateCredentials(ctx, r.m.ID, a.ID, json.RawMessage(`{"identity":"1900000001","appid":"wx9","key":"abc"}`), reader{}, passes)
		wantCode(t, err, app.Conflict, "identity_differs")
		if got := r.wantEnabled(t, a.ID, true); got.Version != 1 {
			t.Errorf("version %d, want 1", got.Version)
		}
	})
}

func TestCredentialsSavedUnprovenDisableTheAccount(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		got, _, err := r.UpdateCredentials(t.Context(), r.m.ID, a.ID, json.RawMessage(incomplete), reader{}, nil)
		if err != nil || got.Enabled || got.Version != 2 || got.Health.Inspected {
			t.Fatalf("updated %+v, %v", got, err)
		}
		got = r.wantEnabled(t, a.ID, false)
		if got.Health.ProbedVersion == got.Version {
			t.Error("unproven credentials count as probed")
		}
	})
}

// Disabling changes no version, so it can happen under a slow probe.
func TestDisabledStaysDisabledUnderNewCredentials(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		a := r.enabled(t, "wx1")
		got, _, err := r.UpdateCredentials(t.Context(), r.m.ID, a.ID, json.RawMessage(working), reader{}, func(ctx context.Context, a merchants.Account, _ json.RawMessage) error {
			_, err := r.DisableAccount(ctx, a.MerchantID, a.ID)
			return err
		})
		if err != nil || got.Enabled {
			t.Fatalf("enabled %v, %v; want disabled", got.Enabled, err)
		}
		r.wantEnabled(t, a.ID, false)
	})
}
