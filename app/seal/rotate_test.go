package seal_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/piaohao/piaohao/app/seal"
)

// Two servers pick up each stage at different moments; at no moment may one of
// them be unable to open what the other seals.
func TestRotationNeverStopsARunningServer(t *testing.T) {
	path := newKeyset(t)
	old := sealed(t, load(t, path))
	oldID, err := seal.KeyID(old)
	if err != nil {
		t.Fatal(err)
	}

	behind := load(t, path)
	newID, err := seal.AddKey(path)
	if err != nil {
		t.Fatal(err)
	}
	ahead := load(t, path)
	bothOpen(t, behind, ahead)
	if !ahead.Current(sealed(t, ahead)) || !behind.Current(sealed(t, ahead)) {
		t.Fatal("the new key seals before it is promoted")
	}

	behind = ahead
	if err := seal.Promote(path, newID); err != nil {
		t.Fatal(err)
	}
	ahead = load(t, path)
	bothOpen(t, behind, ahead)
	if id, _ := seal.KeyID(sealed(t, ahead)); id != newID {
		t.Fatalf("sealed by %d, want the promoted %d", id, newID)
	}
	if ahead.Current(old) || !ahead.Current(sealed(t, ahead)) {
		t.Fatal("only rows of the old key are due to be sealed again")
	}

	behind = ahead
	if err := seal.Retire(path, oldID); err != nil {
		t.Fatal(err)
	}
	ahead = load(t, path)
	bothOpen(t, behind, ahead)
	if _, err := ahead.Open(old, "mch_1", "acct_1"); !errors.Is(err, seal.ErrCannotOpen) {
		t.Fatalf("a retired key opens: %v", err)
	}

	if err := seal.Restore(path, oldID); err != nil {
		t.Fatal(err)
	}
	if _, err := load(t, path).Open(old, "mch_1", "acct_1"); err != nil {
		t.Fatalf("a restored key does not open: %v", err)
	}
}

func bothOpen(t *testing.T, a, b *seal.Sealer) {
	t.Helper()
	for _, pair := range [][2]*seal.Sealer{{a, b}, {b, a}} {
		if _, err := pair[1].Open(sealed(t, pair[0]), "mch_1", "acct_1"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestKeysInUseAreNotLost(t *testing.T) {
	path := newKeyset(t)
	keys, err := seal.Keys(path)
	if err != nil || len(keys) != 1 || !keys[0].Primary || keys[0].Retired {
		t.Fatalf("keys %+v, %v", keys, err)
	}
	first := keys[0].ID
	second, err := seal.AddKey(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, refused := range map[string]error{
		"retire the primary":    seal.Retire(path, first),
		"delete the primary":    seal.Delete(path, first),
		"delete an enabled key": seal.Delete(path, second),
		"promote an unknown":    seal.Promote(path, first^second^1),
	} {
		if refused == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := seal.Retire(path, second); err != nil {
		t.Fatal(err)
	}
	if err := seal.Promote(path, second); err == nil {
		t.Error("a retired key was promoted")
	}
	if err := seal.Delete(path, second); err != nil {
		t.Fatal(err)
	}
	if keys, err = seal.Keys(path); err != nil || len(keys) != 1 || keys[0].ID != first {
		t.Fatalf("keys %+v, %v; want only the first", keys, err)
	}
}

func TestChangesAtOnceAreRefusedRatherThanLost(t *testing.T) {
	path := newKeyset(t)
	var added atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := seal.AddKey(path); err == nil {
				added.Add(1)
			}
		})
	}
	wg.Wait()
	keys, err := seal.Keys(path)
	if err != nil {
		t.Fatal(err)
	}
	if added.Load() == 0 || int64(len(keys)) != 1+added.Load() {
		t.Fatalf("%d additions were reported, the keyset has %d keys", added.Load(), len(keys))
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("left behind: %v, %v", files, err)
	}
}

func TestAnInterruptedChangeIsNamed(t *testing.T) {
	path := newKeyset(t)
	if err := os.WriteFile(path+".next", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := seal.AddKey(path); err == nil || !strings.Contains(err.Error(), "delete "+path+".next") {
		t.Fatalf("got %v, want the file named", err)
	}
	load(t, path)
}
