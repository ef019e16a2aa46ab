package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, text string, environ ...string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(Default(), path, environ)
}

func TestTheEnvironmentWinsOverTheFileWinsOverTheDefaults(t *testing.T) {
	c, err := load(t, "[server]\nlisten = \"127.0.0.1:1\"\nbody_limit = \"1MiB\"\n[sessions]\nidle = \"5m\"\n",
		"PIAOHAO_SERVER_LISTEN=127.0.0.1:2",
		"PIAOHAO_SERVER_TRUSTED_PROXIES=10.0.0.0/8, 192.0.2.1",
		"PIAOHAO_WEBHOOKS_ALLOW_PRIVATE=true",
		"PIAOHAO_WEBHOOKS_WORKERS=3",
		"PIAOHAO_SECRETS_KEYSET=abc",
		"PIAOHAO_URL=from data/demo.env, not ours", "PATH=/bin")
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Server.Listen = "127.0.0.1:2"
	want.Server.BodyLimit = 1 << 20
	want.Server.TrustedProxies = []string{"10.0.0.0/8", "192.0.2.1"}
	want.Sessions.Idle = Duration{5 * time.Minute}
	want.Webhooks.AllowPrivate, want.Webhooks.Workers = true, 3
	want.Secrets.Keyset = "abc"
	want.origins = c.origins // see TestEveryValueSaysWhereItComesFromAndHidesItsSecret
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestEveryKeyCanBeSetFromTheEnvironment(t *testing.T) {
	var c Config
	for _, s := range settings(&c) {
		text := map[reflect.Kind]string{reflect.String: "x", reflect.Bool: "true", reflect.Int: "7", reflect.Slice: "a,b", reflect.Int64: "15KiB", reflect.Struct: "15s"}[s.value.Kind()]
		if _, err := override(&c, []string{s.env() + "=" + text}); err != nil || s.value.IsZero() {
			t.Errorf("%s: %v, value %v", s.env(), err, s.value)
		}
	}
}

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	for _, tc := range []struct {
		name, text, environ string
		want                []string
	}{
		{"misspelt key", "[server]\nlisten = \"a:1\"\nbase_ulr = \"x\"\n", "", []string{"config.toml:3", `"server.base_ulr"`, `did you mean "server.base_url"?`}},
		{"unknown section", "[sever]\nx = 1\n", "", []string{"config.toml:1", `"sever"`}},
		{"wrong type", "[webhooks]\n\nworkers = \"many\"\n", "", []string{"config.toml:3", "webhooks.workers"}},
		{"bare number as a duration", "[sessions]\nidle = 30\n", "", []string{"config.toml", `"30" is not a duration`, "write a number and a unit"}},
		{"word as a duration", "[sessions]\nidle = \"long\"\n", "", []string{"config.toml:2", `write a number and a unit`}},
		{"broken TOML", "[server]\nlisten = \n", "", []string{"config.toml:2"}},
		{"secret in the file", "[secrets]\nkeyset = \"x\"\n", "", []string{"config.toml:2", "PIAOHAO_SECRETS_KEYSET"}},
		{"misspelt variable", "", "PIAOHAO_SERVER_LISTN=x", []string{"PIAOHAO_SERVER_LISTN", `did you mean "server.listen"?`}},
		{"wrong variable", "", "PIAOHAO_WEBHOOKS_WORKERS=many", []string{"PIAOHAO_WEBHOOKS_WORKERS", "not a whole number"}},
		{"invalid value in the file", "[log]\nlevel = \"loud\"\n", "", []string{"log.level", "config.toml", `"loud" is unknown`, "debug, info, warn, error"}},
		{"invalid value in the environment", "", "PIAOHAO_LOG_LEVEL=loud", []string{"log.level (environment variable PIAOHAO_LOG_LEVEL)"}},
	} {
		_, err := load(t, tc.text, strings.Fields(tc.environ)...)
		if err == nil {
			t.Errorf("%s: accepted", tc.name)
			continue
		}
		for _, want := range tc.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q lacks %q", tc.name, err, want)
			}
		}
	}
}

func TestAMissingFileSaysHowToStart(t *testing.T) {
	_, err := Load(Default(), filepath.Join(t.TempDir(), "none.toml"), nil)
	if err == nil || !strings.Contains(err.Error(), "config.example.toml") {
		t.Errorf("got %v", err)
	}
}
