package merchants_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
)

// begun is a draft that holds working credentials.
func (r *room) begun(t *testing.T) (merchants.Draft, merchants.DraftContent) {
	t.Helper()
	d, err := r.StartDraft(t.Context(), merchants.NewDraft{MerchantID: r.m.ID, Mode: app.Test, Channel: app.WeChat, OwnerID: "usr_1", OwnerName: "Owner", Name: "Draft"})
	if err != nil {
		t.Fatal(err)
	}
	content := merchants.DraftContent{Credentials: json.RawMessage(working), Apps: []merchants.AppInput{{AppID: "wx1", Kind: merchants.AppOfficial}}}
	if d, err = r.SaveDraft(t.Context(), d, content, reader{}); err != nil || !d.Ready {
		t.Fatalf("%+v, %v", d, err)
	}
	return d, content
}

func TestADraftBecomesAnAccountOnlyWhenItWorks(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		d, content := r.begun(t)
		_, err := r.FinishDraft(ctx, r.m.ID, app.Test, d.ID, reader{}, refuses)
		wantCode(t, err, app.Declined, "account_probe_failed")
		kept, _, err := r.Draft(ctx, r.m.ID, app.Test, d.ID)
		if err != nil || !kept.Probe.Made(kept) || kept.Probe.Failure.Code != "SIGN_ERROR" {
			t.Fatalf("after a failure: %+v, %v", kept.Probe, err)
		}
		// A save that was begun before another is refused.
		stale := kept
		if kept, err = r.SaveDraft(ctx, kept, content, reader{}); err != nil || kept.Probe.Made(kept) {
			t.Fatalf("%+v, %v", kept, err)
		}
		_, err = r.SaveDraft(ctx, stale, content, reader{})
		wantCode(t, err, app.Conflict, "draft_changed")
		a, err := r.FinishDraft(ctx, r.m.ID, app.Test, d.ID, reader{}, passes)
		if err != nil || !a.Enabled || a.Health.ProbedVersion != a.Version || len(a.AppIDs) != 1 {
			t.Fatalf("%+v, %v", a, err)
		}
		_, _, err = r.Draft(ctx, r.m.ID, app.Test, d.ID)
		wantCode(t, err, app.NotFound, "draft_not_found")
	})
}

func TestADraftIsItsMerchantsAndEndsAfterThirtyDays(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		d, _ := r.begun(t)
		other := r.merchant(t, "Other")
		for merchantID, mode := range map[string]app.Mode{other.ID: app.Test, r.m.ID: app.Live} {
			_, _, err := r.Draft(ctx, merchantID, mode, d.ID)
			wantCode(t, err, app.NotFound, "draft_not_found")
		}
		r.clock.advance(merchants.DraftLife - time.Minute)
		if n, err := r.ForgetDrafts(ctx); err != nil || n != 0 {
			t.Errorf("%d forgotten, %v", n, err)
		}
		r.clock.advance(time.Minute)
		_, _, err := r.Draft(ctx, r.m.ID, app.Test, d.ID)
		wantCode(t, err, app.NotFound, "draft_not_found")
		if n, err := r.ForgetDrafts(ctx); err != nil || n != 1 {
			t.Errorf("%d forgotten, %v", n, err)
		}
	})
}

func TestATestOrdersNumberIsStoredBeforeItIsSent(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := t.Context()
		d, _ := r.begun(t)
		sent := ""
		trial := func(_ context.Context, a merchants.Account, _ json.RawMessage, number string) (bool, error) {
			sent = number
			kept, _, err := r.Draft(ctx, r.m.ID, app.Test, d.ID)
			if err != nil || kept.Order.Number != number || a.Version != 0 {
				t.Errorf("stored %q before %q is sent, %v", kept.Order.Number, number, err)
			}
			return true, nil
		}
		_, err := r.TryDraft(ctx, r.m.ID, app.Test, d.ID, reader{}, trial)
		wantCode(t, err, app.Conflict, "draft_unproven")
		if _, err := r.ProbeDraft(ctx, r.m.ID, app.Test, d.ID, reader{}, passes); err != nil {
			t.Fatal(err)
		}
		tried, err := r.TryDraft(ctx, r.m.ID, app.Test, d.ID, reader{}, trial)
		if err != nil || sent == "" || !tried.Order.Placed || !tried.Order.Closed || !tried.Order.Passed(tried) {
			t.Errorf("%+v, %v", tried.Order, err)
		}
	})
}
