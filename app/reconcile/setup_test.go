package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/paymentstest"
	"github.com/piaohao/piaohao/app/reconcile"
	"github.com/piaohao/piaohao/app/reconcile/reconciletest"
)

var bothChannels = []app.Channel{app.WeChat, app.Alipay}

var today = reconciletest.Today()

// world is reconciletest's with what only these tests need.
type world struct{ *reconciletest.World }

// each opens a world on both engines.
func each(t *testing.T, f func(w *world)) {
	t.Helper()
	notAtMidnight(t)
	clock := map[string]*paymentstest.Clock{"sqlite": {}, "mysql": {}}
	for _, engine := range []string{"sqlite", "mysql"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			f(on(t, open(t, engine, clock[engine]), clock[engine]))
		})
	}
}

// one opens a world on SQLite, for what is the same on every engine.
func one(t *testing.T) *world {
	t.Helper()
	notAtMidnight(t)
	clock := &paymentstest.Clock{}
	return on(t, open(t, "sqlite", clock), clock)
}

func open(t *testing.T, engine string, clock *paymentstest.Clock) *db.DB {
	if engine == "mysql" {
		return dbtest.OpenMySQL(t, dbtest.WithClock(clock))
	}
	return dbtest.OpenSQLite(t, dbtest.WithClock(clock))
}

func on(t *testing.T, d *db.DB, clock *paymentstest.Clock) *world {
	return &world{reconciletest.Open(t, d, clock)}
}

// notAtMidnight waits until a test's payments are all of one day.
func notAtMidnight(t *testing.T) {
	t.Helper()
	if left := time.Until(today.End()); left < 2*time.Minute && left > 0 {
		time.Sleep(left + time.Second)
	}
	today = reconciletest.Today()
}

func native(c app.Channel) channel.Method {
	if c == app.Alipay {
		return channel.AlipayQR
	}
	return channel.WeChatNative
}

// types lists the day's exceptions that were not cleared, by type.
func (w *world) types(c app.Channel) string {
	w.T.Helper()
	var out []string
	for _, e := range w.Found(c, today) {
		out = append(out, string(e.Type))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// ended wants the channel's run of today to have ended, and returns it.
func (w *world) ended(c app.Channel) reconcile.Run {
	w.T.Helper()
	r := w.Run(c, today)
	if !r.Status.Ended() {
		w.T.Fatalf("the run of %s is %s: %+v", c, r.Status, r.Problem)
	}
	return r
}

func no(format string, args ...any) string { return fmt.Sprintf(format, args...) }
