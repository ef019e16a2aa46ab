package observe

import "github.com/prometheus/client_golang/prometheus"

// CircuitCount is how many channel accounts of a channel and mode are in a state
// other than closed: "open", "half_open" or "paused".
type CircuitCount struct {
	Channel string
	Mode    string
	State   string
	N       int
}

// circuits asks for the counts whenever it is scraped. Accounts are not labels:
// there may be any number of them.
type circuits struct {
	gauge *prometheus.Desc
	count func() []CircuitCount
}

// Circuits makes the counts of accounts whose calls are held back a metric of
// this server. It may be called once.
func (m *Metrics) Circuits(count func() []CircuitCount) {
	if m == nil {
		return
	}
	m.registry.MustRegister(&circuits{count: count, gauge: prometheus.NewDesc(
		prometheus.BuildFQName(namespace, "", "channel_circuits"),
		"Channel accounts whose calls this server holds back, by the state of their circuit.", []string{"channel", "mode", "state"}, nil,
	)})
}

// Describe implements prometheus.Collector.
func (c *circuits) Describe(ch chan<- *prometheus.Desc) { ch <- c.gauge }

// Collect implements prometheus.Collector.
func (c *circuits) Collect(ch chan<- prometheus.Metric) {
	for _, n := range c.count() {
		ch <- prometheus.MustNewConstMetric(c.gauge, prometheus.GaugeValue, float64(n.N), n.Channel, n.Mode, n.State)
	}
}

// CircuitChange counts a circuit that entered a state: "open", "closed" or
// "paused".
func (m *Metrics) CircuitChange(channel, mode, state string) {
	if m == nil {
		return
	}
	m.circuitChanges.add(channel, mode, state)
}

// ChannelRetry counts a call to a channel that was made again after a failure.
func (m *Metrics) ChannelRetry(channel, operation string) {
	if m == nil {
		return
	}
	m.retries.add(channel, operation)
}
