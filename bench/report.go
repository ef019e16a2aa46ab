package bench

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"
)

// report prints what was measured.
type report struct{ w io.Writer }

func (r *report) line(format string, args ...any) { fmt.Fprintf(r.w, format+"\n", args...) }

// head says what is being measured, and how.
func (r *report) head(cfg Config) {
	engine, _, _ := strings.Cut(cfg.Database, ":")
	r.line("Piaohao on %s, %d clients, %d processors (%s)", engine, cfg.Clients, runtime.NumCPU(), runtime.Version())
	r.line("The floor does the unavoidable work alone, in turns with the product; medians of %d rounds.", cfg.Rounds)
	r.line("Sandbox and clients share the processors with the platform, so the wall ratio holds their work")
	r.line("too; the CPU ratio is the platform's own processor time over the floor's. Target: 1.25.")
}

// compare prints one operation beside its floor.
func (r *report) compare(what string, w work, floor, got rate) {
	r.line("")
	r.line("%s (floor: %s)", what, w)
	r.line("  %-22s %10s %14s", "", "per second", "CPU each")
	r.line("  %-22s %10.0f %14s", "floor", floor.perSecond(), micros(floor.each(floor.platform)))
	r.line("  %-22s %10.0f %14s", "platform", got.perSecond(), micros(got.each(got.platform)))
	r.line("  %-22s %10.2f %14.2f", "ratio to the floor", floor.perSecond()/got.perSecond(), float64(got.each(got.platform))/float64(floor.each(floor.platform)))
	r.line("  besides, each took %s of the sandbox and %s of the clients", micros(got.each(got.sandbox)), micros(got.each(got.client)))
	if got.commits > 0 {
		r.line("  the server counted %.2f commits and %.1f statements each", got.commits, got.statements)
	}
}

// String names the work.
func (w work) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		name string
	}{{w.signatures, "RSA-2048 signature"}, {w.verifications, "verification"}, {w.commits, "durable commit"}, {w.roundTrips, "loopback round trip"}} {
		switch {
		case p.n == 1:
			parts = append(parts, "1 "+p.name)
		case p.n > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", p.n, p.name))
		}
	}
	return strings.Join(parts, ", ")
}

// webhooks prints latencies, given in rising order.
func (r *report) webhooks(took []time.Duration) {
	r.line("")
	r.line("webhooks, from the payer's click to the merchant's receiver, one at a time (%d)", len(took))
	r.line("  p50 %s   p99 %s", millis(took[len(took)/2]), millis(took[len(took)*99/100]))
}

// truth prints how long payments without notifications took to be known, in
// rising order.
func (r *report) truth(took []time.Duration) {
	r.line("")
	r.line("time to truth, every notification dropped and the accounts known to be deaf (target: p99 at most 15 s)")
	r.line("from the payer's click to the merchant's receiver, %d payments of both channels, young ones", len(took))
	r.line("  p50 %.1f s   p99 %.1f s   at most %.1f s", took[len(took)/2].Seconds(), took[len(took)*99/100].Seconds(), took[len(took)-1].Seconds())
}

// reconciliation prints two days, the second of ten times the lines.
func (r *report) reconciliation(small, large reconciliation) {
	r.line("")
	r.line("reconciling a WeChat bill with as many records in the database, result file written")
	r.line("(targets: half the speed of merely reading the bill, at most 256 MiB, ten times the lines in ten times the time)")
	r.line("  %-22s %12s %12s", "lines", fmt.Sprint(small.lines), fmt.Sprint(large.lines))
	r.line("  %-22s %12s %12s", "reading alone", millis(small.parse), millis(large.parse))
	r.line("  %-22s %12s %12s", "reconciling", millis(small.all), millis(large.all))
	r.line("  %-22s %12.0f %12.0f", "lines per second", small.perSecond(), large.perSecond())
	r.line("  %-22s %12.2f %12.2f", "ratio to reading alone", small.ratio(), large.ratio())
	r.line("  %-22s %12s %12s", "peak memory", mib(small.peak), mib(large.peak))
	r.line("  %-22s %12s %12s", "result file", mib(small.result), mib(large.result))
	r.line("  ten times the lines took %.1f times the time; %d of %d planted differences were found", large.all.Seconds()/small.all.Seconds(), large.found, large.planted)
}

func (r *report) memory(before, most, after int64, idle time.Duration) {
	r.line("")
	r.line("resident memory, sandbox and demo inside, on SQLite (target: below 100 MiB)")
	r.line("  after the start %s, at most %s, %s after a sign-in %s", mib(before), mib(most), idle, mib(after))
}

func (r *report) ready(fresh, again time.Duration) {
	r.line("")
	r.line("ready on SQLite, from the process's start to /readyz (target: below 1 s)")
	r.line("  a new installation %s, started again %s", millis(fresh), millis(again))
}

func micros(d time.Duration) string { return fmt.Sprintf("%d µs", d.Microseconds()) }
func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000) }
func mib(n int64) string            { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
