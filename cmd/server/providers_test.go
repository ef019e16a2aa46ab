package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// commandLine is an installation at which commands are run.
type commandLine struct {
	t       *testing.T
	dir     string
	environ []string
}

func newCommandLine(t *testing.T) *commandLine {
	dir := t.TempDir()
	return &commandLine{t: t, dir: dir, environ: []string{
		"PIAOHAO_DATABASE_URL=sqlite:" + filepath.Join(dir, "piaohao.db"),
		"PIAOHAO_SECRETS_KEYSET_FILE=" + filepath.Join(dir, "keyset.json"),
		"PIAOHAO_SECRETS_AUDIT_KEY_FILE=" + filepath.Join(dir, "audit.key"),
	}}
}

// run runs a command and returns its exit code and what it wrote.
func (c *commandLine) run(args ...string) (int, string) {
	c.t.Helper()
	var out, errs bytes.Buffer
	code := run(c.t.Context(), args, environment{c.environ, &out, &errs})
	return code, out.String() + errs.String()
}

func (c *commandLine) file(name string, content []byte) string {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

func TestAProviderIsAddedListedUpdatedAndSwitchedByCommands(t *testing.T) {
	s := serveWith(t, nil)
	box, err := s.sandbox.Trades().OpenMerchant(t.Context(), app.WeChat, trade.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	k := box.WeChat
	fields := map[string]string{
		"mode": "public_key", "mchid": " " + box.ID + " ", "api_v3_key": k.APIv3Key, "serial_no": k.SerialNo,
		"private_key": k.PrivateKey, "certificate": k.Certificate, "public_key_id": k.PublicKeyID, "public_key": k.PublicKey,
	}
	write := func(c *commandLine, name string) string {
		raw, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return c.file(name, raw)
	}
	c := newCommandLine(t)
	// The running server's sandbox answers the live test call.
	c.environ = append(c.environ, "PIAOHAO_SANDBOX_ENABLED=false", "PIAOHAO_SANDBOX_URL="+s.url+"/sandbox")
	good := write(c, "provider.json")
	code, text := c.run("provider", "add", "--channel", "wechat", "--mode", "test", "--name", "Umbrella", "--credentials", good)
	id := regexp.MustCompile(`prv_\w{26}`).FindString(text)
	if code != 0 || id == "" || !strings.Contains(text, box.ID) {
		t.Fatalf("add: %d %s", code, text)
	}
	if code, text := c.run("provider", "update", "--id", id, "--credentials", good); code != 0 || !strings.Contains(text, "version 2") {
		t.Errorf("update: %d %s", code, text)
	}
	for verb, state := range map[string]string{"disable": "disabled", "enable": "enabled"} {
		if code, text := c.run("provider", verb, id); code != 0 {
			t.Errorf("%s: %d %s", verb, code, text)
		}
		if code, text := c.run("provider", "list"); code != 0 || !strings.Contains(text, id) || !strings.Contains(text, state+"  Umbrella") {
			t.Errorf("list after %s: %d %s", verb, code, text)
		}
	}
	secret := strings.Split(k.PrivateKey, "\n")[3]
	fields["api_v3_key"] = "short"
	for name, args := range map[string][]string{
		"incomplete":     {"--channel", "wechat", "--mode", "test", "--name", "Second", "--credentials", write(c, "short.json")},
		"no such file":   {"--channel", "wechat", "--name", "Second", "--credentials", filepath.Join(c.dir, "none.json")},
		"not JSON":       {"--channel", "wechat", "--name", "Second", "--credentials", c.file("text", []byte(secret))},
		"no such method": {"--channel", "cash", "--name", "Second", "--credentials", good},
	} {
		code, text := c.run(append([]string{"provider", "add"}, args...)...)
		if code != 1 || strings.Contains(text, secret) {
			t.Errorf("%s: %d %s", name, code, text)
		}
		if name == "incomplete" && !strings.Contains(text, "wechat.api_v3_key_length") {
			t.Errorf("%s does not name the check: %s", name, text)
		}
	}
}
