package observe

import (
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts and times what the program does. Its methods do nothing on a
// nil *Metrics, so code under test needs none. Label values come from small
// sets: an unexpected one is counted as "other" once a label has its fill.
type Metrics struct {
	registry      *prometheus.Registry
	requests      *timed
	channelCalls  *timed
	notifications *counted
	deliveries    *timed
	jobs          *timed
	jobSuccess    *prometheus.GaugeVec

	circuitChanges *counted
	retries        *counted
	reconciliation reconciliation
}

// requestBuckets span a cached answer to a channel's timeout, in seconds.
var requestBuckets = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20}

// NewMetrics returns metrics on a registry of their own. version is the
// program's, for piaohao_build_info.
func NewMetrics(version string) *Metrics {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m := &Metrics{
		registry:      r,
		requests:      newTimed(r, "http_request", "HTTP requests answered", requestBuckets, []string{"route", "method"}, "status"),
		channelCalls:  newTimed(r, "channel_call", "Calls to payment channels", requestBuckets, []string{"channel", "operation"}, "outcome"),
		notifications: newCounted(r, "notifications_total", "Notifications received from channels.", "channel", "result"),
		deliveries:    newTimed(r, "delivery", "Webhook deliveries attempted", requestBuckets, nil, "code"),
		jobs:          newTimed(r, "job_run", "Job runs", prometheus.ExponentialBuckets(.005, 4, 9), []string{"job"}, "result"),
		jobSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace, Name: "job_last_success_timestamp_seconds", Help: "When a job last succeeded on this server.",
		}, []string{"job"}),
		circuitChanges: newCounted(r, "channel_circuit_changes_total", "Circuits of channel accounts that entered a state.", "channel", "mode", "state"),
		retries:        newCounted(r, "channel_retries_total", "Calls to payment channels made again after a failure.", "channel", "operation"),
		reconciliation: newReconciliation(r),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: namespace, Name: "build_info", Help: "Always 1; the labels say what is running.",
	}, []string{"version", "go"})
	build.WithLabelValues(version, goVersion()).Set(1)
	r.MustRegister(m.jobSuccess, build)
	return m
}

func goVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.GoVersion
	}
	return "unknown"
}

// Handler serves the metrics to Prometheus; 404 on a nil *Metrics.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// HTTPRequest counts an answered request. route is the route's template, such
// as "/v1/merchants/:merchant/payments", never the path asked for; "" is a
// request that met no route.
func (m *Metrics) HTTPRequest(route, method string, status int, d time.Duration) {
	if m == nil {
		return
	}
	if route == "" {
		route = "unmatched"
	}
	m.requests.observe(d, strconv.Itoa(status), route, knownMethod(method))
}

func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// ChannelCall counts one call to a channel. outcome is "ok" or the kind of its
// error, such as "unknown" or "refused".
func (m *Metrics) ChannelCall(channel, operation, outcome string, d time.Duration) {
	if m == nil {
		return
	}
	m.channelCalls.observe(d, outcome, channel, operation)
}

// Notification counts one notification from a channel. result is what became of
// it, such as "applied", "repeated", "forged" or "quarantined".
func (m *Metrics) Notification(channel, result string) {
	if m == nil {
		return
	}
	m.notifications.add(channel, result)
}

// Delivery counts one attempt to deliver a webhook. status is the receiver's
// HTTP status, counted by its class; 0 means that no answer came.
func (m *Metrics) Delivery(status int, d time.Duration) {
	if m == nil {
		return
	}
	class := "none"
	if status >= 100 && status < 600 {
		class = strconv.Itoa(status/100) + "xx"
	}
	m.deliveries.observe(d, class)
}

// JobRun counts one run of a job. result is "ok", "error", "panic" or "skipped".
func (m *Metrics) JobRun(job, result string, d time.Duration) {
	if m == nil {
		return
	}
	m.jobs.observe(d, result, job)
	if result == "ok" {
		m.jobSuccess.WithLabelValues(m.jobs.labels.keep("job", job)).SetToCurrentTime()
	}
}
