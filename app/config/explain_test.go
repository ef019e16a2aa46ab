package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryValueSaysWhereItComesFromAndHidesItsSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.toml")
	text := "[database]\nurl = \"mysql:pay:hunter2@tcp(db:3306)/piaohao\"\n[server]\nlisten = \"127.0.0.1:8181\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(Default(), file, []string{"PIAOHAO_SANDBOX_TOKEN=a-token-nobody-guesses-0123456789", "PIAOHAO_LOG_LEVEL=warn"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Value{}
	for _, v := range c.Explain() {
		got[v.Key] = v
		if strings.Contains(v.Text, "hunter2") || strings.Contains(v.Text, "nobody-guesses") {
			t.Errorf("%s shows a secret: %s", v.Key, v.Text)
		}
	}
	for key, want := range map[string]Value{
		"database.url":  {Text: "mysql:pay:[secret]@tcp(db:3306)/piaohao", Origin: "file", Detail: file},
		"server.listen": {Text: "127.0.0.1:8181", Origin: "file", Detail: file},
		"log.level":     {Text: "warn", Origin: "environment", Detail: "PIAOHAO_LOG_LEVEL"},
		"sandbox.token": {Text: "[secret]", Origin: "environment", Detail: "PIAOHAO_SANDBOX_TOKEN"},
		"log.format":    {Text: c.Log.Format, Origin: "default"},
	} {
		want.Key = key
		if got[key] != want {
			t.Errorf("%s is %+v, want %+v", key, got[key], want)
		}
	}
	if len(got) != len(settings(&c)) {
		t.Errorf("%d values of %d settings", len(got), len(settings(&c)))
	}
}
