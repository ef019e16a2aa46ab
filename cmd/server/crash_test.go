package main

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// TestKilledServerLosesNothing kills the platform with SIGKILL in the middle of
// its work, again and again, and then holds it to everything it has promised.
func TestKilledServerLosesNothing(t *testing.T) {
	t.Parallel()
	binary := buildBinary(t)
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		crash(t, binary, "sqlite:"+filepath.Join(t.TempDir(), "piaohao.db"))
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		crash(t, binary, dbtest.NewMySQLURL(t))
	})
}

// The deliveries' kills stand where the sequencer runs: its lease outlives a
// killed holder by ten seconds. They come early, since a claimed delivery waits
// a minute for its lease.
var crashPlan = []string{
	atDelivery,
	atCreate, atNotification, atRefund, atSwitch, atCreate, atRefund,
	atDelivery,
	atNotification, atRefund,
}

// crashSeed is drawn anew for each run, or given by CRASH_SEED: it repeats every
// choice of the load and of the killer, though not the machine's timing.
func crashSeed(t *testing.T) uint64 {
	given := os.Getenv("CRASH_SEED")
	if given == "" {
		return rand.Uint64()
	}
	seed, err := strconv.ParseUint(given, 10, 64)
	if err != nil {
		t.Fatalf("CRASH_SEED: %v", err)
	}
	return seed
}

func crash(t *testing.T, binary, database string) {
	seed := crashSeed(t)
	t.Logf("CRASH_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	w := newCrashWorld(t, binary, database)
	w.boot()
	l := newCrashLoad(w, seed)
	stop := make(chan struct{})
	working := l.run(4, stop)
	for i, moment := range crashPlan {
		time.Sleep(time.Duration(150+random.IntN(300)) * time.Millisecond)
		select {
		case <-l.moments[moment]:
		case <-time.After(30 * time.Second):
			t.Fatalf("kill %d: no %s came\n%s", i+1, moment, w.platform.log())
		}
		time.Sleep(time.Duration(random.IntN(12_000)) * time.Microsecond)
		w.platform.kill()
		t.Logf("kill %d at a %s; ready again after %s", i+1, moment, w.start().Round(time.Millisecond))
	}
	close(stop)
	working.Wait()
	d, err := db.Open(t.Context(), db.Config{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	l.converges(d)
	l.repeats()
	l.repeatRefunds()
	w.platform.terminate()
	l.books(d)
}
