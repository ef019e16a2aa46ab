package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/config"
)

// inside runs work on the installation's platform.
func (c *commandLine) inside(work func(ctx context.Context, p *platform)) {
	c.t.Helper()
	cfg, err := config.Load(config.Default(), "", c.environ)
	if err != nil {
		c.t.Fatal(err)
	}
	p, err := openPlatform(c.t.Context(), environment{c.environ, &bytes.Buffer{}, &bytes.Buffer{}}, cfg)
	if err != nil {
		c.t.Fatal(err)
	}
	work(c.t.Context(), p)
	if err := p.close(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *commandLine) wants(code int, args []string, texts ...string) {
	c.t.Helper()
	got, out := c.run(args...)
	if got != code {
		c.t.Fatalf("%v exits with %d, want %d\n%s", args, got, code, out)
	}
	for _, text := range texts {
		if !strings.Contains(out, text) {
			c.t.Errorf("%v does not say %q:\n%s", args, text, out)
		}
	}
}

// The end of a chain is cut off and an older copy of its head put back, by
// somebody who may do anything to the database and has no key.
func TestATruncatedChainIsFoundByHeadsKeptElsewhere(t *testing.T) {
	c := newCommandLine(t)
	elsewhere := filepath.Join(t.TempDir(), "heads.jsonl")
	verify := []string{"audit", "verify"}
	compare := append(verify, "--heads", elsewhere)
	keep := append(compare, "--keep")
	c.wants(1, append(verify, "--keep"), "--keep needs --heads")
	c.wants(1, compare, "cannot be read")

	if code, out := c.run("user", "add", "--email", "one@example.com"); code != 0 {
		t.Fatal(out)
	}
	var old audit.Head
	c.inside(func(ctx context.Context, p *platform) {
		if err := p.db.Get(ctx, &old, `SELECT chain, seq, hash, mac FROM audit_heads WHERE chain = ?`, audit.Platform); err != nil {
			t.Fatal(err)
		}
		if _, err := p.merchants.CreateMerchant(ctx, "Tea house"); err != nil {
			t.Fatal(err)
		}
	})
	if code, out := c.run("user", "add", "--email", "two@example.com"); code != 0 {
		t.Fatal(out)
	}
	c.wants(0, verify, audit.Platform+": whole through row")
	c.wants(0, keep, "no heads to compare them with", "added to "+elsewhere)
	c.wants(0, keep, "against") // nothing new to add
	c.wants(0, compare)
	kept, err := os.ReadFile(elsewhere)
	if err != nil {
		t.Fatal(err)
	}

	c.inside(func(ctx context.Context, p *platform) {
		if n, err := p.db.Exec(ctx, `DELETE FROM audit_rows WHERE chain = ? AND seq > ?`, old.Chain, old.Seq); err != nil || n == 0 {
			t.Fatalf("%d rows, %v", n, err)
		}
		if _, err := p.db.Exec(ctx, `UPDATE audit_heads SET seq = ?, hash = ?, mac = ? WHERE chain = ?`, old.Seq, old.Hash, old.MAC, old.Chain); err != nil {
			t.Fatal(err)
		}
	})
	c.wants(0, verify, "whole") // from inside it looks whole: the test is of what follows
	c.wants(exitBroken, keep, audit.Platform+": BROKEN", "no longer contains the head", "1 audit chains are broken")
	if now, err := os.ReadFile(elsewhere); err != nil || !bytes.Equal(now, kept) {
		t.Errorf("the file took a broken chain's head: %v", err)
	}
	// The server's log tells the same, and a whole chain that is gone is missed.
	log := strings.ReplaceAll(string(kept), `{"at"`, `{"level":"INFO","msg":"audit head","at"`)
	c.wants(exitBroken, append(verify, "--heads", c.file("server.log", []byte("ready\n"+log))), "no longer contains the head")
	gone := strings.ReplaceAll(string(kept), "platform", "mch_gone")
	c.wants(1, append(verify, "--heads", c.file("forged.jsonl", []byte(gone))), "line 1", "not what was written")
	plain := c.file("plain.jsonl", []byte(`{"chain":"mch_gone","seq":3,"hash":"abc"}`))
	c.wants(exitBroken, append(verify, "--heads", plain), "mch_gone: BROKEN", "head row was deleted")
	c.wants(1, append(verify, "--heads", c.file("empty.jsonl", nil)), "holds no heads")
	c.wants(2, append(verify, "-h"), "Exit codes", "--keep")
}
