package observe

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// reconciliation is what is told of comparing our books with the channels' bills.
type reconciliation struct {
	runs   *timed
	lag    *prometheus.GaugeVec
	failed *prometheus.GaugeVec
	open   *prometheus.GaugeVec
}

func newReconciliation(r *prometheus.Registry) reconciliation {
	gauge := func(name, help string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, []string{"mode"})
		r.MustRegister(g)
		return g
	}
	return reconciliation{
		runs:   newTimed(r, "reconciliation_run", "Executions of reconciliation runs", prometheus.ExponentialBuckets(.05, 4, 9), []string{"channel", "mode"}, "result"),
		lag:    gauge("reconciliation_lag_seconds", "How long ago the oldest bill without a result was to be fetched; 0 when there is none."),
		failed: gauge("reconciliation_failed_runs", "Reconciliation runs that have failed and have no newer result."),
		open:   gauge("reconciliation_open_exceptions", "Differences that nobody has settled yet."),
	}
}

// ReconciliationRun counts an execution that ended. result is "done", "no_bill",
// or the code of the problem that kept it from a result.
func (m *Metrics) ReconciliationRun(channel, mode, result string, d time.Duration) {
	if m == nil {
		return
	}
	m.reconciliation.runs.observe(d, result, channel, mode)
}

// ReconciliationState shows how far behind the books of a mode are.
func (m *Metrics) ReconciliationState(mode string, lag time.Duration, failed, open int64) {
	if m == nil {
		return
	}
	m.reconciliation.lag.WithLabelValues(mode).Set(lag.Seconds())
	m.reconciliation.failed.WithLabelValues(mode).Set(float64(failed))
	m.reconciliation.open.WithLabelValues(mode).Set(float64(open))
}
