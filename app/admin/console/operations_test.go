package console_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/jobs"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/status"
)

func TestAJobIsAskedForOnceAndItsRunsAreShown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openOn(t, d, &paymentstest.Clock{})
		b := h.stranger(access.PlatformOperator)
		const page = "/console/admin/jobs/audit.verify"
		b.wants(b.get("/console/admin/jobs"), http.StatusOK, "Verify every audit chain", "Not run yet", "Webhook deliveries due", "No server has said yet")
		b.wants(b.get("/console/admin/jobs/no.such"), http.StatusNotFound)
		b.wants(b.send("/console/admin/jobs/no.such/run"), http.StatusNotFound)

		b.wants(b.send(page+"/run"), http.StatusSeeOther)
		b.wants(b.get(page), http.StatusOK, "The job will run in a moment", "Waiting for a server")
		b.wants(b.send(page+"/run"), http.StatusUnprocessableEntity, "This job waits to run already.")
		if row := h.last(audit.Platform); row.Action != "job.run" || row.Target != "audit.verify" || row.ActorID != h.userID("stranger@example.com") {
			t.Errorf("audited %+v", row)
		}

		waiting, err := h.config.Jobs.Waiting(h.system)
		if err != nil || len(waiting) != 1 {
			t.Fatalf("waiting %v, %v", waiting, err)
		}
		for i, server := range []string{"srv_1", "srv_2"} {
			if ours, err := h.config.Jobs.Take(h.system, waiting[0], server, 0); err != nil || ours != (i == 0) {
				t.Fatalf("%s takes it: %v, %v", server, ours, err)
			}
		}
		b.wants(b.get(page), http.StatusOK, "Running")
		now := app.ToMillis(h.clock.Now())
		o := jobs.Outcome{Job: "audit.verify", Server: "srv_1", Result: jobs.Failed, Started: now, Ended: now.Add(5), Next: now.Add(60_000), Error: "the disk is <full>"}
		for range 2 {
			if err := h.config.Jobs.Ended(h.system, o); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.config.Jobs.Finish(h.system, waiting[0], o); err != nil {
			t.Fatal(err)
		}
		b.wants(b.get(page), http.StatusOK, "Failed", "2 in a row", "the disk is &lt;full&gt;", "Somebody")
		b.wants(b.get("/console/admin/jobs"), http.StatusOK, "Failed", "2 in a row")
		o.Result, o.Error = jobs.OK, ""
		if err := h.config.Jobs.Ended(h.system, o); err != nil {
			t.Fatal(err)
		}
		b.wants(b.get("/console/admin/jobs"), http.StatusOK, "Succeeded")
		auditor := h.as(access.PlatformAuditor).english()
		auditor.wants(auditor.send(page+"/run"), http.StatusForbidden)
	})
}

func TestARunWhoseServerEndedIsTold(t *testing.T) {
	h := open(t)
	b := h.stranger(access.PlatformOperator)
	run, err := h.config.Jobs.Ask(h.system, "audit.verify")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.config.Jobs.Take(h.system, run, "srv_1", 60_000_000_000); err != nil {
		t.Fatal(err)
	}
	if err := h.config.Jobs.Sweep(h.system, 1); err != nil {
		t.Fatal(err)
	}
	b.wants(b.get("/console/admin/jobs/audit.verify"), http.StatusOK, "Running")
	h.clock.Advance(61_000_000_000)
	if err := h.config.Jobs.Sweep(h.system, 1); err != nil {
		t.Fatal(err)
	}
	b.wants(b.get("/console/admin/jobs/audit.verify"), http.StatusOK, "Its server ended")
}

func TestTheStatusPageShowsServersChecksAndConfigurationWithoutSecrets(t *testing.T) {
	h := open(t)
	cfg := h.config
	cfg.System = func(context.Context) ([]status.Check, error) {
		return []status.Check{{Code: "database", Level: status.Good, Args: map[string]string{"engine": "sqlite 3"}}, {Code: "audit_broken", Level: status.Bad, Args: map[string]string{"chain": "platform", "row": "7"}}}, nil
	}
	cfg.Effective = []console.Setting{{Key: "log.level", Text: "warn", Origin: "environment", Detail: "PIAOHAO_LOG_LEVEL"}}
	h.base = h.listen(cfg)
	for _, id := range []string{"srv_01J0000000000000000000000A", "srv_01J0000000000000000000000B"} {
		if err := cfg.Servers.Seen(h.system, status.Server{ID: id, Host: "host-" + id[29:], Version: "1.2.3", StartedAt: app.ToMillis(h.clock.Now())}); err != nil {
			t.Fatal(err)
		}
	}
	if err := cfg.Servers.Stopped(h.system, "srv_01J0000000000000000000000B"); err != nil {
		t.Fatal(err)
	}
	b := h.stranger(access.PlatformAuditor)
	b.wants(b.get("/console/admin/system"), http.StatusOK, "The database answers: sqlite 3.", "platform is broken at row 7", "host-A", "host-B", "Stopped", "1.2.3", "log.level", "PIAOHAO_LOG_LEVEL")
	h.clock.Advance(4 * status.Beat)
	b.wants(b.get("/console/admin/jobs"), http.StatusOK, "Not heard of", "Stopped")
}

func TestEveryMerchantsAccountsStandInChannelHealth(t *testing.T) {
	h := open(t)
	paid(h, "HEALTH-1")
	b := h.stranger(access.PlatformOperator)
	b.wants(b.get("/console/admin/channels?mode=test"), http.StatusOK, h.shop.WeChat.ID, h.shop.Alipay.ID, "Test Shop", "Working", "0.00%")
	r := b.get("/console/admin/channels?mode=test&channel=alipay")
	b.wants(r, http.StatusOK, h.shop.Alipay.ID)
	if strings.Contains(r.body, h.shop.WeChat.ID) {
		t.Error("the filter lets the other channel through")
	}
	b.wants(b.get("/console/admin/channels"), http.StatusOK, "No accounts")
}

func TestPlatformSettingsHoldAtOnceAndKeepTheirVersions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := openOn(t, d, &paymentstest.Clock{})
		b := h.stranger(access.PlatformAdmin)
		const page = "/console/admin/settings"
		save := func(version, notice, limit string) reply {
			return b.send(page, "version", version, "notice", notice, "sign_in_notice", "Only for <staff>", "support", "support@example.com", "refund_approval_above", limit)
		}
		b.wants(b.get(page), http.StatusOK, "Notice to everybody")
		b.wants(save("0", "Upgrade at 23:00", "12,x"), http.StatusUnprocessableEntity, "Write amounts in yuan")
		b.wants(save("0", strings.Repeat("x", 501), ""), http.StatusUnprocessableEntity, "is-invalid")
		b.wants(save("0", "Upgrade at 23:00", "500"), http.StatusSeeOther)
		b.wants(b.get(page), http.StatusOK, "Settings saved", "Version 1", "500.00")
		two := h.listen(h.config)
		one := h.base
		h.base = two
		b.wants(b.get("/console/admin/users"), http.StatusOK, "Upgrade at 23:00", "Help: support@example.com")
		out := h.browser()
		out.wants(out.get("/console/sign-in"), http.StatusOK, "Only for &lt;staff&gt;")
		h.base = one
		b.wants(save("0", "Somebody else's", ""), http.StatusUnprocessableEntity, "at the same moment")
		row := h.last(audit.Platform)
		if row.Action != "platform.settings" || !strings.Contains(row.After, "Upgrade at 23:00") || !strings.Contains(row.After, "50000") {
			t.Errorf("audited %+v", row)
		}
		b.wants(save("1", "", ""), http.StatusSeeOther)
		if r := b.get(page); strings.Contains(r.body, "notice-band") {
			t.Error("a notice that was taken away still stands")
		}
		auditor := h.as(access.PlatformAuditor)
		auditor.wants(auditor.send(page, "version", "2"), http.StatusForbidden)
		auditor.wants(auditor.english().get(page), http.StatusOK, "Only a platform admin may change these")
	})
}
