package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/seal"
)

func newKeyset(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyset.json")
	if err := seal.Generate(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, path string) *seal.Sealer {
	t.Helper()
	s, err := seal.FromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sealed(t *testing.T, s *seal.Sealer) []byte {
	t.Helper()
	b, err := s.Seal([]byte("secret"), "mch_1", "acct_1")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestASealedValueOpensOnlyInItsOwnRow(t *testing.T) {
	s := load(t, newKeyset(t))
	value := sealed(t, s)
	if bytes.Contains(value, []byte("secret")) {
		t.Fatal("the plain text is in the sealed value")
	}
	plain, err := s.Open(value, "mch_1", "acct_1")
	if err != nil || string(plain) != "secret" {
		t.Fatalf("got %q, %v", plain, err)
	}
	for name, row := range map[string][2]string{
		"another row":            {"mch_1", "acct_2"},
		"another merchant":       {"mch_2", "acct_1"},
		"the platform":           {"", "acct_1"},
		"the same text, divided": {"mch_1acct", "_1"},
	} {
		if _, err := s.Open(value, row[0], row[1]); !errors.Is(err, seal.ErrCannotOpen) {
			t.Errorf("moved to %s: got %v, want ErrCannotOpen", name, err)
		}
	}
}

func TestAnAlteredValueDoesNotOpen(t *testing.T) {
	s := load(t, newKeyset(t))
	value := sealed(t, s)
	for i := range value {
		bad := bytes.Clone(value)
		bad[i] ^= 1
		if _, err := s.Open(bad, "mch_1", "acct_1"); !errors.Is(err, seal.ErrCannotOpen) {
			t.Fatalf("byte %d flipped: got %v", i, err)
		}
		if _, err := s.Open(value[:i], "mch_1", "acct_1"); !errors.Is(err, seal.ErrCannotOpen) {
			t.Fatalf("cut to %d bytes: got %v", i, err)
		}
	}
}

func TestAValueMustBelongToARow(t *testing.T) {
	if _, err := load(t, newKeyset(t)).Seal([]byte("secret"), "mch_1", ""); err == nil {
		t.Fatal("sealed for no row")
	}
}

func TestTheEnvironmentCarriesTheSameKeyset(t *testing.T) {
	path := newKeyset(t)
	value := sealed(t, load(t, path))
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := seal.FromBase64(base64.StdEncoding.EncodeToString(content) + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := s.Open(value, "mch_1", "acct_1"); err != nil || string(plain) != "secret" {
		t.Fatalf("got %q, %v", plain, err)
	}
	for _, bad := range []string{"", "no base64!", base64.StdEncoding.EncodeToString([]byte("{}")), string(content)} {
		_, err := seal.FromBase64(bad)
		if err == nil {
			t.Errorf("%.20q was accepted", bad)
		} else if len(bad) > 20 && strings.Contains(err.Error(), bad[:20]) {
			t.Error("the error shows the value")
		}
	}
}

func TestAKeysetIsPrivateToItsOwner(t *testing.T) {
	path := newKeyset(t)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v; want 0600", info.Mode(), err)
	}
	for _, mode := range []os.FileMode{0o640, 0o604, 0o660, 0o620, 0o610, 0o777} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.FromFile(path); err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %o: got %v, want a refusal that says what to do", mode, err)
		}
		if _, err := seal.AddKey(path); err == nil {
			t.Errorf("mode %o: the keyset was changed", mode)
		}
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	load(t, path)
}

func TestGenerateNeverReplacesAKeyset(t *testing.T) {
	path := newKeyset(t)
	value := sealed(t, load(t, path))
	if err := seal.Generate(path); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("got %v, want fs.ErrExist", err)
	}
	if _, err := load(t, path).Open(value, "mch_1", "acct_1"); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.FromFile(path + ".missing"); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("a missing file: got %v", err)
	}
}
