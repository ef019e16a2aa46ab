package audit_test

import (
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

func TestSecretsNeverReachARow(t *testing.T) {
	type account struct {
		Name        string         `json:"name"`
		APIV3Key    string         `json:"api_v3_key"`
		Credentials map[string]any `json:"credentials"`
		PublicKeyID string         `json:"public_key_id"`
	}
	const canary = "canary-8a1f"
	entries := []any{
		account{"shop", canary, map[string]any{"x": canary}, "PUB_KEY_ID_1"},
		map[string]any{"list": []any{map[string]any{"app_secret": canary}, map[string]any{"Private-Key": []string{canary}}}},
		map[string]any{"note": "-----BEGIN PRIVATE KEY-----\n" + canary},
		map[string]any{"key": "sk_live_" + canary + canary, "url": "whsec_" + canary + canary},
		map[string]any{"payer": map[string]any{"openid": canary, "phone": canary}},
	}
	d := dbtest.OpenSQLite(t)
	l := audit.New(d, key, app.SystemClock{})
	for _, e := range entries {
		err := d.InTx(t.Context(), func(tx *db.Tx) error {
			return l.Record(t.Context(), tx, audit.Entry{Chain: "mch_1", Action: "test.act", Before: e, After: e})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, r := range rows(t, l, "mch_1") {
		if strings.Contains(r.Before+r.After, canary) {
			t.Errorf("a secret in %s", r.After)
		}
	}
}

func TestWhatIsNoSecretStaysReadable(t *testing.T) {
	d := dbtest.OpenSQLite(t)
	l := audit.New(d, key, app.SystemClock{})
	after := map[string]any{"password_required": true, "secret": "", "token": nil, "prefix": "sk_live_ab12", "public_key_id": "PUB_KEY_ID_1"}
	err := d.InTx(t.Context(), func(tx *db.Tx) error {
		return l.Record(t.Context(), tx, audit.Entry{Chain: "mch_1", Action: "test.act", After: after})
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"password_required":true,"prefix":"sk_live_ab12","public_key_id":"PUB_KEY_ID_1","secret":"","token":null}`
	if got := rows(t, l, "mch_1")[0]; got.After != want || got.Before != "" {
		t.Errorf("after %s, before %q", got.After, got.Before)
	}
}
