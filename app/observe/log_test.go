package observe

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
)

// record logs one message and returns the JSON record.
func record(t *testing.T, log func(l *slog.Logger)) (map[string]any, string) {
	t.Helper()
	var out bytes.Buffer
	l, err := NewLogger(&out, "debug", "json")
	if err != nil {
		t.Fatal(err)
	}
	log(l)
	var fields map[string]any
	if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	return fields, out.String()
}

func TestRecordsCarryTheRequestID(t *testing.T) {
	ctx := app.WithRequestID(context.Background(), "req_1")
	for name, log := range map[string]func(l *slog.Logger){
		"plain":           func(l *slog.Logger) { l.InfoContext(ctx, "m") },
		"with attributes": func(l *slog.Logger) { l.With("a", 1).InfoContext(ctx, "m") },
	} {
		if fields, text := record(t, log); fields["request_id"] != "req_1" {
			t.Errorf("%s: %s", name, text)
		}
	}
	if fields, text := record(t, func(l *slog.Logger) { l.Info("m") }); fields["request_id"] != nil {
		t.Errorf("outside of a request: %s", text)
	}
}

type credentials struct {
	MchID    string `json:"mchid"`
	APIV3Key string `json:"api_v3_key"`
}

type stringer struct{}

func (stringer) String() string { return "password=canary-stringer" }

type valuer struct{}

func (valuer) LogValue() slog.Value {
	return slog.GroupValue(slog.String("token", "canary-valuer"), slog.Int("n", 1))
}

func TestNoCanaryReachesTheLog(t *testing.T) {
	logs := map[string]func(l *slog.Logger){
		"in the message": func(l *slog.Logger) { l.Info("using password=canary-message") },
		"by key":         func(l *slog.Logger) { l.Info("m", "X-Api-Key", "canary-key") },
		"by key, any":    func(l *slog.Logger) { l.Info("m", "Authorization", []string{"canary-any"}) },
		"number by key":  func(l *slog.Logger) { l.Info("m", "phone", 13812345678) },
		"in an error":    func(l *slog.Logger) { l.Info("m", "error", errors.New("dial root:canary-error@tcp(db)/x")) },
		"in bytes":       func(l *slog.Logger) { l.Info("m", "body", []byte(`{"password":"canary-bytes"}`)) },
		"in raw JSON":    func(l *slog.Logger) { l.Info("m", "body", json.RawMessage(`{"password":"canary-raw"}`)) },
		"in a struct":    func(l *slog.Logger) { l.Info("m", "account", credentials{"1900000001", "canary-struct"}) },
		"in a map": func(l *slog.Logger) {
			l.Info("m", "data", map[string]any{"a": []any{map[string]any{"app_secret": "canary-map"}}})
		},
		"in headers":     func(l *slog.Logger) { l.Info("m", "headers", http.Header{"Cookie": {"canary-header"}}) },
		"in a Stringer":  func(l *slog.Logger) { l.Info("m", "v", stringer{}) },
		"in a LogValuer": func(l *slog.Logger) { l.Info("m", "v", valuer{}) },
		"in a group":     func(l *slog.Logger) { l.Info("m", slog.Group("g", "password", "canary-group")) },
		"in With":        func(l *slog.Logger) { l.With("secret", "canary-with").Info("m") },
		"in WithGroup": func(l *slog.Logger) {
			l.WithGroup("g").With("whsec", "whsec_canarywith").Info("m", "token", "canary-in")
		},
		"in a group's name": func(l *slog.Logger) { l.Info("m", slog.Group("credentials", "password", "canary-inner")) },
		"unencodable": func(l *slog.Logger) {
			l.Info("m", "v", struct {
				F        func()
				Password string
			}{nil, "password=canary-plus"})
		},
		"openid": func(l *slog.Logger) { l.Info("m", "payer_openid", "canaryUpF8uMuAJO_M2pxb1Q9zN") },
	}
	for name, log := range logs {
		_, text := record(t, log)
		if strings.Contains(text, "canary") && !strings.Contains(text, "can****") || strings.Contains(text, "13812345678") {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestWhatIsNotSecretIsLoggedAsItIs(t *testing.T) {
	fields, text := record(t, func(l *slog.Logger) {
		l.Info("created", "payment", "pay_1", "amount", app.Money(1234), "n", 3, "ok", true, "account", credentials{"1900000001", "x"})
	})
	account, _ := fields["account"].(map[string]any)
	if fields["payment"] != "pay_1" || fields["n"] != 3.0 || fields["ok"] != true || fields["amount"] != "¥12.34" || account["mchid"] != "1900000001" {
		t.Error(text)
	}
}

func TestUnknownLevelAndFormatAreRefused(t *testing.T) {
	if _, err := NewLogger(&bytes.Buffer{}, "loud", "json"); err == nil {
		t.Error("level loud is accepted")
	}
	if _, err := NewLogger(&bytes.Buffer{}, "info", "xml"); err == nil {
		t.Error("format xml is accepted")
	}
	var out bytes.Buffer
	l, err := NewLogger(&out, "warn", "text")
	if err != nil {
		t.Fatal(err)
	}
	l.Info("quiet")
	l.Warn("loud", "password", "canary")
	if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, "loud") || strings.Contains(got, "canary") {
		t.Errorf("got %q", got)
	}
}
