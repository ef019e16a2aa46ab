package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestDurationsReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]time.Duration{"15s": 15 * time.Second, "30m": 30 * time.Minute, "2h": 2 * time.Hour, "1h30m": 90 * time.Minute, "250ms": 250 * time.Millisecond} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || d.Duration != want || d.String() != text {
			t.Errorf("%s: %v, %v, written back as %s", text, d.Duration, err, d)
		}
	}
}

func TestSizesReadAsTheyAreWritten(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "100": 100, "256KiB": 256 << 10, "4MiB": 4 << 20, "1GiB": 1 << 30} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want || s.String() != text {
			t.Errorf("%s: %d, %v, written back as %s", text, s, err, s)
		}
	}
	for _, text := range []string{"", "KiB", "-1KiB", "1KB", "1.5MiB", "99999999999GiB"} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is accepted as %d", text, s)
		}
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	c := Default()
	c.Sandbox.Token, c.Secrets.Keyset = "canary-token", "canary-keyset"
	encoded, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("config", "token", c.Sandbox.Token, "all", c)
	printed := fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c.Sandbox.Token, c.Secrets.Keyset) + string(encoded) + log.String()
	if strings.Contains(printed, "canary") {
		t.Errorf("a secret is printed: %s", printed)
	}
	if c.Sandbox.Token.Reveal() != "canary-token" {
		t.Error("the secret itself is lost")
	}
}
