package observe

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	server := httptest.NewServer(m.Handler())
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%d %v: %s", answer.StatusCode, err, body)
	}
	return string(body)
}

func exercise(m *Metrics) {
	m.HTTPRequest("/v1/merchants/:merchant/payments", "POST", 201, 3*time.Millisecond)
	m.HTTPRequest("", "BREW", 404, time.Millisecond)
	m.ChannelCall("wechat", "pay", "ok", 80*time.Millisecond)
	m.Notification("alipay", "applied")
	m.Circuits(func() []CircuitCount {
		return []CircuitCount{{"wechat", "live", "open", 2}, {"alipay", "test", "paused", 1}}
	})
	m.CircuitChange("wechat", "live", "open")
	m.ChannelRetry("wechat", "query")
	m.ReconciliationRun("wechat", "live", "done", time.Second)
	m.ReconciliationState("live", time.Hour, 1, 12)
	m.Delivery(204, time.Second)
	m.Delivery(0, 15*time.Second)
	m.JobRun("query", "ok", time.Second)
	m.JobRun("expire", "error", time.Second)
}

func TestEverySignalIsScraped(t *testing.T) {
	m := NewMetrics("1.2.3")
	exercise(m)
	text := scrape(t, m)
	for _, want := range []string{
		`piaohao_http_requests_total{method="POST",route="/v1/merchants/:merchant/payments",status="201"} 1`,
		`piaohao_http_requests_total{method="other",route="unmatched",status="404"} 1`,
		`piaohao_http_request_duration_seconds_count{method="POST",route="/v1/merchants/:merchant/payments"} 1`,
		`piaohao_channel_calls_total{channel="wechat",operation="pay",outcome="ok"} 1`,
		`piaohao_channel_call_duration_seconds_bucket{channel="wechat",operation="pay",le="0.05"} 0`,
		`piaohao_channel_call_duration_seconds_bucket{channel="wechat",operation="pay",le="0.1"} 1`,
		`piaohao_notifications_total{channel="alipay",result="applied"} 1`,
		`piaohao_channel_circuits{channel="wechat",mode="live",state="open"} 2`,
		`piaohao_channel_circuits{channel="alipay",mode="test",state="paused"} 1`,
		`piaohao_channel_circuit_changes_total{channel="wechat",mode="live",state="open"} 1`,
		`piaohao_channel_retries_total{channel="wechat",operation="query"} 1`,
		`piaohao_deliveries_total{code="2xx"} 1`,
		`piaohao_deliveries_total{code="none"} 1`,
		`piaohao_delivery_duration_seconds_count 2`,
		`piaohao_job_runs_total{job="query",result="ok"} 1`,
		`piaohao_job_last_success_timestamp_seconds{job="query"} `,
		`piaohao_build_info{go="go1.`, `version="1.2.3"} 1`, "go_goroutines ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %s", want)
		}
	}
	if strings.Contains(text, `job_last_success_timestamp_seconds{job="expire"}`) {
		t.Error("a failed job counts as a success")
	}
}

func TestMetricsFollowPrometheusConventions(t *testing.T) {
	m := NewMetrics("v")
	exercise(m)
	problems, err := promlint.New(strings.NewReader(scrape(t, m))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, namespace) {
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

func TestNoInputGrowsTheSeriesWithoutEnd(t *testing.T) {
	m := NewMetrics("v")
	for i := range 3 * maxValues {
		m.HTTPRequest(fmt.Sprintf("/%d", i), fmt.Sprintf("M%d", i), 200, 0)
		m.Notification(fmt.Sprint(i), "applied")
	}
	text := scrape(t, m)
	if n := strings.Count(text, "piaohao_notifications_total{"); n != maxValues+1 {
		t.Errorf("%d series of notifications, want %d", n, maxValues+1)
	}
	if n := strings.Count(text, "piaohao_http_requests_total{"); n != maxValues+1 {
		t.Errorf("%d series of requests, want %d", n, maxValues+1)
	}
	if !strings.Contains(text, fmt.Sprintf(`piaohao_notifications_total{channel="other",result="applied"} %d`, 2*maxValues)) {
		t.Error("what is beyond the limit is not counted as other")
	}
}

func TestNilMetricsDoNothing(t *testing.T) {
	var m *Metrics
	exercise(m)
	answer := httptest.NewRecorder()
	m.Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/metrics", nil))
	if answer.Code != http.StatusNotFound {
		t.Errorf("answered %d", answer.Code)
	}
}
