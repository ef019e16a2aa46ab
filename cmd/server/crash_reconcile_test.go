package main

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
)

// TestKilledReconciliationComesToTheSame kills `piaohao reconcile run` with
// SIGKILL at ten moments of a day with payments to be recovered and a difference
// to be filed, and then holds a run that ends to what an undisturbed one comes to.
func TestKilledReconciliationComesToTheSame(t *testing.T) {
	t.Parallel()
	database := dbtest.SQLiteURL(t)
	w := newCrashWorld(t, buildBinary(t), database)
	w.boot()
	for n := range 3 {
		w.paidOrder("known-"+strconv.Itoa(n), "wechat_native", 1000+n)
	}
	unheard := w.unheardOrders(2)
	w.platform.kill() // or its queries would find them
	d, err := db.Open(t.Context(), db.Config{URL: database})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	day := string(app.DayOf(time.Now()))
	w.plantExtraRow(d, day)

	seed := crashSeed(t)
	t.Logf("CRASH_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	ended := 0
	for range 10 {
		p := spawn(t, w.binary, w.dir, w.env, "reconcile", "run", "--date", day)
		select {
		case <-p.exited:
			ended++
		case <-time.After(time.Duration(30+random.IntN(140)) * time.Millisecond):
			p.kill()
		}
		w.expireLeases(d)
	}
	t.Logf("%d of 10 had ended before they were killed", ended)
	for range 2 {
		if code, out := w.command("reconcile", "run", "--date", day, "--merchant", w.facts.Merchant); code != 0 && !strings.Contains(out, "not_ready") {
			t.Fatalf("the run ended with %d:\n%s", code, out)
		}
	}
	var filed, recovered, told, paid int
	for into, query := range map[*int]string{
		&filed:     `SELECT COUNT(*) FROM exceptions WHERE channel = 'wechat'`,
		&recovered: `SELECT COUNT(*) FROM payments WHERE recovered = 1 AND status = 'succeeded'`,
		&told:      `SELECT COUNT(*) FROM events WHERE type = 'payment.succeeded'`,
		&paid:      `SELECT COUNT(*) FROM payments WHERE status = 'succeeded'`,
	} {
		if err := d.Get(t.Context(), into, query); err != nil {
			t.Fatal(err)
		}
	}
	if filed != 1 || recovered != len(unheard) || told != 3+len(unheard) || paid != told {
		t.Errorf("%d exceptions, %d recovered, %d paid, %d told of", filed, recovered, paid, told)
	}
	if code, out := w.command("verify"); code != 0 {
		t.Errorf("the books do not hold:\n%s", out)
	}
	if code, out := w.command("reconcile", "status"); code != 0 || !strings.Contains(out, "open differences: 0 live, 1 test") {
		t.Errorf("status says:\n%s", out)
	}
}

// unheardOrders places orders that are paid without a notification.
func (w *crashWorld) unheardOrders(n int) []listed {
	w.t.Helper()
	w.tell("/faults", map[string]any{"channel": "wechat", "fault": "drop_notification", "count": n})
	out := make([]listed, n)
	for i := range out {
		w.must("POST", "/payments", map[string]any{"order_no": "unheard-" + strconv.Itoa(i), "amount": 500 + i, "currency": "CNY", "subject": "一杯茶", "method": "wechat_native"}, &out[i])
		w.tell("/wallet/pay", map[string]string{"code": out[i].Action.CodeURL})
	}
	return out
}

func (w *crashWorld) plantExtraRow(d *db.DB, day string) {
	w.t.Helper()
	var mchid string
	if err := d.Get(w.t.Context(), &mchid, `SELECT identity FROM accounts WHERE channel = 'wechat'`); err != nil {
		w.t.Fatal(err)
	}
	w.tell("/bill-faults", map[string]any{"channel": "wechat", "account": mchid, "day": day, "fault": "extra_row"})
}

// tell asks the sandbox for something.
func (w *crashWorld) tell(path string, body any) {
	w.t.Helper()
	status, text, err := w.send(w.t.Context(), "POST", w.channels+path, body, nil)
	if err != nil || status >= http.StatusMultipleChoices {
		w.t.Fatalf("POST %s: %d %s %v", path, status, text, err)
	}
}

// expireLeases lets the minutes pass for which a killed holder has a run, and
// what it was asking about.
func (w *crashWorld) expireLeases(d *db.DB) {
	w.t.Helper()
	for _, query := range []string{
		`UPDATE reconcile_runs SET lease_until = 0 WHERE lease_until > 0`, `UPDATE attempts SET lease_until = 0 WHERE lease_until > 0`,
	} {
		if _, err := d.Exec(w.t.Context(), query); err != nil {
			w.t.Fatal(err)
		}
	}
}
