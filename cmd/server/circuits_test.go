package main

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

func (s *stand) fault(f trade.Fault, count int64) {
	s.t.Helper()
	if _, err := s.sandbox.Trades().PlanFault(s.t.Context(), trade.Plan{Channel: app.WeChat, Fault: f, Count: count}); err != nil {
		s.t.Fatal(err)
	}
}

// told returns the account events of a merchant, oldest first.
func (s *stand) told(merchantID, accountID string) []string {
	s.t.Helper()
	found, err := s.events.ByObject(s.t.Context(), merchantID, accountID)
	if err != nil {
		s.t.Fatal(err)
	}
	types := []string{}
	for _, e := range found {
		types = append(types, e.Type)
	}
	return types
}

func (s *stand) wechat(merchantID string) merchants.Account {
	s.t.Helper()
	a, err := s.merchants.Choose(s.t.Context(), merchantID, app.Test, app.WeChat, "", "")
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never came about: %s", what)
		}
	}
}

func TestACircuitIsShownStoredAndToldAndClosesByItself(t *testing.T) {
	s := serveWith(t, func(c *config.Config) {
		c.Webhooks.AllowPrivate = true
		c.Channels.CircuitFailures, c.Channels.CircuitOpenFor = 3, config.Duration{Duration: 4 * time.Second}
	})
	facts := s.seed()
	account := s.wechat(facts.Merchant)
	s.fault(trade.HTTP500, 3)
	if status, text := s.order(facts, "C-1"); status != http.StatusAccepted {
		t.Fatalf("the first order: %d %s", status, text)
	}
	if status, text := s.order(facts, "C-2"); status != http.StatusServiceUnavailable || !strings.Contains(text, "channel_unavailable") {
		t.Errorf("the second order: %d %s", status, text)
	}
	if n := s.metric("piaohao_channel_circuits", `channel="wechat"`, `mode="test"`, `state="open"`); n != 1 {
		t.Errorf("%d circuits are open by the metrics", n)
	}
	if n := s.metric("piaohao_channel_retries_total", `operation="pay"`); n != 2 {
		t.Errorf("%d retries are counted, want 2", n)
	}
	eventually(t, "the open circuit's event", func() bool {
		return slices.Equal(s.told(facts.Merchant, account.ID), []string{merchants.EventCircuitOpened})
	})
	circuits, err := s.merchants.Circuits(t.Context(), facts.Merchant, app.Test)
	if err != nil {
		t.Fatal(err)
	}
	if c := circuits[account.ID]; c.State != merchants.CircuitOpen || !strings.HasPrefix(c.Reason, "HTTP 500 SYSTEM_ERROR") || c.Server != s.owner {
		t.Errorf("stored %+v", c)
	}
	// The order is sent again into the open circuit, held, and sent by the job: the
	// probe.
	if status, text := s.order(facts, "C-1"); status != http.StatusAccepted {
		t.Errorf("the first order again: %d %s", status, text)
	}
	eventually(t, "the closed circuit's event", func() bool {
		return slices.Equal(s.told(facts.Merchant, account.ID), []string{merchants.EventCircuitOpened, merchants.EventCircuitClosed})
	})
	if status, text := s.order(facts, "C-2"); status != http.StatusCreated {
		t.Errorf("the second order, once the circuit is closed: %d %s", status, text)
	}
	if n := strings.Count(s.log.String(), `"level":"ERROR","msg":"query failed"`); n != 0 {
		t.Errorf("%d queries failed by the log", n)
	}
}

// certified adds an account in platform-certificate mode to the merchant.
func (s *stand) certified(merchantID string) merchants.Account {
	s.t.Helper()
	ctx := s.t.Context()
	box, err := s.sandbox.Trades().OpenMerchant(ctx, app.WeChat, trade.Certificate)
	if err != nil {
		s.t.Fatal(err)
	}
	credentials, err := json.Marshal(map[string]string{
		"mode": "certificate", "mchid": box.ID, "api_v3_key": box.WeChat.APIv3Key, "serial_no": box.WeChat.SerialNo,
		"private_key": box.WeChat.PrivateKey, "certificate": box.WeChat.Certificate,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	a, report, err := s.merchants.RegisterAccount(ctx, merchants.Registration{
		MerchantID: merchantID, Mode: app.Test, Channel: app.WeChat, Name: "Certificates",
		AppIDs: []merchants.AppInput{{AppID: box.AppID, Kind: merchants.AppOfficial}}, Credentials: credentials,
	}, s.clients.pool.Driver(app.WeChat))
	if err != nil {
		s.t.Fatalf("%v %+v", err, report)
	}
	if a, err = s.merchants.EnableAccount(ctx, merchantID, a.ID, s.clients.Probe); err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *stand) checkCertificates() {
	s.t.Helper()
	if _, err := s.merchants.CheckCertificates(s.t.Context(), s.clients.keeper); err != nil {
		s.t.Fatal(err)
	}
}

func TestPlatformCertificatesAreFetchedStoredAndRotatedWithoutARestart(t *testing.T) {
	s := serveWith(t, func(c *config.Config) { c.Webhooks.AllowPrivate = true })
	facts := s.seed()
	s.checkCertificates()
	if n := s.count(`SELECT COUNT(*) FROM account_certificates WHERE owner = 'channel'`); n != 0 {
		t.Errorf("%d accounts in public-key mode keep certificates", n)
	}
	elsewhere := clients{pool: s.clients.pool, merchants: s.merchants, gateways: gateways{}}
	if keeper, err := elsewhere.keeper(t.Context(), s.wechat(facts.Merchant)); keeper != nil || err != nil {
		t.Errorf("where test mode is not served its accounts are asked for certificates: %v, %v", keeper, err)
	}
	if _, err := s.merchants.DisableAccount(t.Context(), facts.Merchant, s.wechat(facts.Merchant).ID); err != nil {
		t.Fatal(err)
	}
	account := s.certified(facts.Merchant)
	s.checkCertificates()
	held := func() (serials string) {
		t.Helper()
		if err := s.db.Get(t.Context(), &serials, `SELECT serials FROM account_certificates WHERE account_id = ? AND owner = 'channel'`, account.ID); err != nil {
			t.Fatal(err)
		}
		return serials
	}
	if got := held(); got == "" || strings.Contains(got, ",") {
		t.Errorf("stored serials %q, want one", got)
	}
	first := held()
	s.fault(trade.RotateCertificate, 1)
	if status, text := s.order(facts, "R-1"); status != http.StatusCreated {
		t.Fatalf("an order answered by a new certificate: %d %s", status, text)
	}
	if _, err := s.db.Exec(context.Background(), `UPDATE account_certificates SET fetched_at = 1 WHERE account_id = ?`, account.ID); err != nil {
		t.Fatal(err)
	}
	s.checkCertificates()
	if got := held(); !strings.Contains(got, ",") || !strings.Contains(got, first) {
		t.Errorf("after the rotation %q is stored, want the new one beside %s", got, first)
	}
	if issues, err := s.merchants.AccountIssues(t.Context(), facts.Merchant, app.Test); err != nil || len(issues) != 0 {
		t.Errorf("issues %+v (%v)", issues, err)
	}
}
