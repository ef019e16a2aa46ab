package sandbox_test

import (
	"testing"

	"github.com/piaohao/piaohao/app/db/dbtest"
)

func TestScriptsPlanBillFaults(t *testing.T) {
	_, origin := serve(t, dbtest.OpenSQLite(t, dbtest.WithSandbox()), nil)
	s := script{t: t, origin: origin}
	m := s.call("POST", "/sandbox/merchants", map[string]any{"channel": "wechat"}, 201)
	plan := map[string]any{"channel": "wechat", "account": m["mchid"], "day": "2026-11-22", "fault": "amount", "delta": -2}
	made := s.call("POST", "/sandbox/bill-faults", plan, 201)
	if made["id"] == "" || made["count"] != 1.0 || made["delta"] != -2.0 || made["day"] != "2026-11-22" || made["fault"] != "amount" {
		t.Errorf("planned %v", made)
	}
	listed := first(t, s.call("GET", "/sandbox/bill-faults?account="+m["mchid"].(string)+"&day=2026-11-22", nil, 200), 1)
	if listed["id"] != made["id"] || len(listed["picked"].([]any)) != 0 {
		t.Errorf("listed %v", listed)
	}
	first(t, s.call("GET", "/sandbox/bill-faults?day=2026-11-23", nil, 200), 0)
	if got := s.call("POST", "/sandbox/bill-faults", `{"fault":"amount","days":3}`, 400); got["code"] != "invalid" {
		t.Errorf("a misspelt field: %v", got)
	}
	delete(plan, "day")
	if got := s.call("POST", "/sandbox/bill-faults", plan, 400); got["field"] != "day" {
		t.Errorf("no day: %v", got)
	}
	if got := s.call("DELETE", "/sandbox/bill-faults/"+made["id"].(string), nil, 200); got["cancelled"] != 1.0 {
		t.Errorf("cancelled %v", got)
	}
	s.call("DELETE", "/sandbox/bill-faults/"+made["id"].(string), nil, 404)
	if got := s.call("DELETE", "/sandbox/bill-faults", nil, 200); got["cancelled"] != 0.0 {
		t.Errorf("cancelled %v", got)
	}
}
