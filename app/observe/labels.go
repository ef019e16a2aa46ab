package observe

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const namespace = "piaohao"

// maxValues is how many values one label may take. Routes are the largest set.
const maxValues = 300

// overflow is the value that stands for all beyond a label's fill.
const overflow = "other"

// labels bounds the values of a metric's labels, so that no input can grow the
// number of series without end.
type labels struct {
	mu   sync.Mutex
	seen map[string]map[string]struct{}
}

// keep returns value, or overflow when the label has its fill of others.
func (l *labels) keep(label, value string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	values := l.seen[label]
	if values == nil {
		if l.seen == nil {
			l.seen = map[string]map[string]struct{}{}
		}
		values = map[string]struct{}{}
		l.seen[label] = values
	}
	if _, ok := values[value]; ok {
		return value
	}
	if len(values) >= maxValues {
		return overflow
	}
	values[value] = struct{}{}
	return value
}

// counted is a counter whose label values are bounded.
type counted struct {
	names  []string
	vec    *prometheus.CounterVec
	labels labels
}

func newCounted(r *prometheus.Registry, name, help string, names ...string) *counted {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, names)
	r.MustRegister(vec)
	return &counted{names: names, vec: vec}
}

func (c *counted) add(values ...string) {
	for i, v := range values {
		values[i] = c.labels.keep(c.names[i], v)
	}
	c.vec.WithLabelValues(values...).Inc()
}

// timed counts an activity by its labels and its result, and times it by its
// labels alone: a histogram for each result would multiply the series.
type timed struct {
	names  []string // the labels, then the result's
	count  *prometheus.CounterVec
	took   *prometheus.HistogramVec
	labels labels
}

// newTimed registers piaohao_{name}s_total and piaohao_{name}_duration_seconds,
// with the plural "deliveries" for "delivery".
func newTimed(r *prometheus.Registry, name, help string, buckets []float64, names []string, result string) *timed {
	t := &timed{names: append(names[:len(names):len(names)], result)}
	t.count = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: namespace, Name: plural(name) + "_total", Help: help + ".",
	}, t.names)
	t.took = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: namespace, Name: name + "_duration_seconds", Help: help + ", by how long they took.", Buckets: buckets,
	}, names)
	r.MustRegister(t.count, t.took)
	return t
}

func plural(name string) string {
	if name[len(name)-1] == 'y' {
		return name[:len(name)-1] + "ies"
	}
	return name + "s"
}

func (t *timed) observe(d time.Duration, result string, values ...string) {
	kept := make([]string, 0, len(t.names))
	for i, v := range values {
		kept = append(kept, t.labels.keep(t.names[i], v))
	}
	t.took.WithLabelValues(kept...).Observe(d.Seconds())
	kept = append(kept, t.labels.keep(t.names[len(values)], result))
	t.count.WithLabelValues(kept...).Inc()
}
