package layout

import (
	"testing"

	"github.com/piaohao/piaohao/app"
)

func TestNavigationShowsOnlyWhatIsAllowed(t *testing.T) {
	s := Shell{Merchant: Merchant{ID: "mch_1"}, Mode: app.Test, Can: Permissions{Payments: true}}
	groups := s.navigation()
	if len(groups) != 1 || len(groups[0].Links) != 2 {
		t.Fatalf("groups = %v", groups)
	}
	if groups[0].Links[1].Nav != NavPayments {
		t.Errorf("second entry = %s", groups[0].Links[1].Nav)
	}
}

func TestPlatformPagesHaveNoMerchantEntries(t *testing.T) {
	s := Shell{Can: Permissions{Payments: true, Keys: true, Members: true, Users: true}}
	groups := s.navigation()
	if len(groups) != 1 || groups[0].Title != "nav.platform" {
		t.Errorf("groups = %v", groups)
	}
}

func TestGoKeysAreDistinct(t *testing.T) {
	s := Shell{Merchant: Merchant{ID: "mch_1"}, Mode: app.Live, Can: Permissions{
		Payments: true, Refunds: true, Approvals: true, Cases: true, Reconcile: true, Settings: true, Accounts: true, Keys: true, Webhooks: true, Deliveries: true, Members: true, Audit: true, Merchants: true, Providers: true, Users: true, PlatformAudit: true,
	}}
	seen := map[string]Nav{}
	for _, g := range s.navigation() {
		for _, l := range g.Links {
			if other, ok := seen[l.Key]; ok {
				t.Errorf("%s and %s share the key %s", other, l.Nav, l.Key)
			}
			seen[l.Key] = l.Nav
		}
	}
}

func TestModeSwitchGoesToTheSameList(t *testing.T) {
	s := Shell{Merchant: Merchant{ID: "mch_1"}, Mode: app.Test}
	for path, want := range map[string]string{
		"/console/m/mch_1/test/payments?status=closed": "/console/m/mch_1/live/payments",
		"/console/m/mch_1/test/payments/pay_1":         "/console/m/mch_1/live/payments",
		"/console/m/mch_1/test/keys/new":               "/console/m/mch_1/live/keys",
		"/console?merchant=mch_1&mode=test":            "/console?merchant=mch_1&mode=live",
	} {
		s.Path = path
		if got := s.switchMode(app.Live); got != want {
			t.Errorf("from %s to %s, want %s", path, got, want)
		}
	}
}

func TestApprovalsShowHowManyWait(t *testing.T) {
	s := Shell{Merchant: Merchant{ID: "mch_1"}, Mode: app.Test, Waiting: 3, Can: Permissions{Payments: true, Approvals: true}}
	for _, l := range s.navigation()[0].Links {
		if want := map[Nav]int{NavApprovals: 3}[l.Nav]; l.Count != want {
			t.Errorf("%s counts %d, want %d", l.Nav, l.Count, want)
		}
	}
}

func TestCasesShowHowManyWait(t *testing.T) {
	s := Shell{Merchant: Merchant{ID: "mch_1"}, Mode: app.Test, OpenCases: 120, Can: Permissions{Payments: true, Cases: true}}
	for _, l := range s.navigation()[0].Links {
		if want := map[Nav]int{NavCases: 120}[l.Nav]; l.Count != want {
			t.Errorf("%s counts %d, want %d", l.Nav, l.Count, want)
		}
	}
	if got := waiting(120); got != "99+" {
		t.Errorf("120 is written %s", got)
	}
}
