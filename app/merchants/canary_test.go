package merchants_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
	migrations "github.com/piaohao/piaohao/sql"
)

// Whoever has the whole database, audit rows included, has no key.
func TestNoSecretIsInTheDatabase(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "canary.db")
		canaries := liveThrough(t, migrated(t, "sqlite:"+path))
		// The log holds what is not in the file yet, and the file what rows no
		// longer say.
		content := dump(t, "sqlite", path, `SELECT name FROM sqlite_master WHERE type = 'table'`)
		for _, file := range []string{path, path + "-wal"} {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			content = append(content, raw...)
		}
		canaries.wantNoneIn(t, content)
	})
	t.Run("mysql", func(t *testing.T) {
		url := dbtest.NewMySQLURL(t)
		canaries := liveThrough(t, migrated(t, url))
		canaries.wantNoneIn(t, dump(t, "mysql", strings.TrimPrefix(url, "mysql:"), `SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()`))
	})
}

func migrated(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if _, err := d.Migrate(t.Context(), migrations.Platform()); err != nil {
		t.Fatal(err)
	}
	return d
}

// canaries are secrets, and one word that must be found, or the search is blind.
type canaries struct {
	secrets map[string][]byte
	present string
}

// liveThrough does everything that touches a secret.
func liveThrough(t *testing.T, d *db.DB) canaries {
	t.Helper()
	ctx := t.Context()
	r := setup(t, d)
	c := canaries{secrets: map[string][]byte{}, present: "Canary & Sons"}
	appSecret, apiV3Key := "a5ecreTofAnApp-0123456789abcdef0", "9c1d3e5f7a9b1c3d5e7f9a1b3c5d7e9f"
	in := r.registration("wx1")
	in.Name, in.AppIDs[0].Secret = c.present, &appSecret
	in.Credentials = c.credentials(t, "first", apiV3Key)
	a := r.enable(t, r.register(t, in))
	second := c.credentials(t, "second", apiV3Key)
	leaky := func(_ context.Context, _ merchants.Account, credentials json.RawMessage) error {
		return &channel.Error{Kind: channel.KindUnknown, Code: "ERR", Cause: fmt.Errorf("request %s", credentials)}
	}
	if _, _, err := r.UpdateCredentials(ctx, r.m.ID, a.ID, second, reader{}, leaky); !app.Is(err, app.Unavailable) {
		t.Fatal(err)
	}
	if _, _, err := r.UpdateCredentials(ctx, r.m.ID, a.ID, second, reader{}, passes); err != nil {
		t.Fatal(err)
	}
	provider := merchants.ProviderRegistration{Mode: app.Test, Channel: app.WeChat, Name: "Provider", Credentials: c.credentials(t, "provider", apiV3Key)}
	p, _, err := r.RegisterProvider(ctx, provider, reader{}, passes)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.UpdateProviderCredentials(ctx, p.ID, c.credentials(t, "provider's second", apiV3Key), reader{}, passes); err != nil {
		t.Fatal(err)
	}
	// Last, so that what it left behind still stands.
	if _, err := r.ProbeAccount(ctx, r.m.ID, a.ID, leaky); !app.Is(err, app.Unavailable) {
		t.Fatal(err)
	}
	draft, err := r.StartDraft(ctx, merchants.NewDraft{MerchantID: r.m.ID, Mode: app.Test, Channel: app.WeChat, OwnerID: "usr_1", OwnerName: "Owner", Name: "Draft"})
	if err != nil {
		t.Fatal(err)
	}
	made := merchants.DraftContent{Credentials: c.credentials(t, "made in a draft", apiV3Key), Apps: []merchants.AppInput{{AppID: "wx9", Kind: merchants.AppMini, Secret: &appSecret}}}
	if draft, err = r.SaveDraftKey(ctx, draft, made, reader{}); err != nil {
		t.Fatal(err)
	}
	if draft, err = r.ProbeDraft(ctx, r.m.ID, app.Test, draft.ID, reader{}, leaky); err != nil || draft.Probe.Passed(draft) {
		t.Fatalf("%+v, %v", draft.Probe, err)
	}
	if _, err := r.StartReplacement(ctx, r.m.ID, a.ID, "usr_1", "Owner"); err != nil {
		t.Fatal(err)
	}
	k, secret := r.key(t, app.Live, merchants.KeyInput{})
	_, rolled, err := r.RollKey(ctx, r.m.ID, k.ID, 0, r.clock.Now().AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	c.add("app secret", []byte(appSecret))
	c.add("APIv3 key", []byte(apiV3Key))
	c.add("API key", []byte(secret[12:]))
	c.add("rolled API key", []byte(rolled[12:]))
	return c
}

// credentials makes a real private key and remembers every line of it.
func (c canaries) credentials(t *testing.T, name, apiV3Key string) json.RawMessage {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	// The first line is the same for all keys; the rest is theirs.
	for i, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n"))[2:] {
		if len(line) == 64 {
			c.secrets[fmt.Sprintf("%s key, line %d", name, i)] = line
		}
	}
	c.add(name+" key's prime", key.Primes[0].Bytes())
	c.add(name+" key's exponent", key.D.Bytes())
	raw, err := json.Marshal(map[string]string{"identity": "1900000001", "key": string(text), "api_v3_key": apiV3Key})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// add remembers a secret in each form in which it could have been written.
func (c canaries) add(name string, secret []byte) {
	c.secrets[name] = secret
	c.secrets[name+", hex"] = []byte(hex.EncodeToString(secret))
	c.secrets[name+", HEX"] = bytes.ToUpper([]byte(hex.EncodeToString(secret)))
	c.secrets[name+", base64"] = []byte(base64.RawStdEncoding.EncodeToString(secret[:len(secret)/3*3]))
}

func (c canaries) wantNoneIn(t *testing.T, content []byte) {
	t.Helper()
	if !bytes.Contains(content, []byte(c.present)) {
		t.Fatal("the search does not even find the account's name")
	}
	for name, secret := range c.secrets {
		if bytes.Contains(content, secret) {
			t.Errorf("the %s is in the database", name)
		}
	}
}

// dump returns every value of every table, read without the program's help.
func dump(t *testing.T, driver, dsn, tables string) []byte {
	t.Helper()
	d, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var out bytes.Buffer
	for _, name := range rows(t, d, tables) {
		for _, value := range rows(t, d, "SELECT * FROM "+name[0]) {
			fmt.Fprintln(&out, strings.Join(value, "\n"))
		}
	}
	return out.Bytes()
}

func rows(t *testing.T, d *sql.DB, query string) (out [][]string) {
	t.Helper()
	r, err := d.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		values := make([]sql.NullString, len(columns))
		into := make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := r.Scan(into...); err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = v.String
		}
		out = append(out, row)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
