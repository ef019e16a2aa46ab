package observe

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var metricName = regexp.MustCompile(`\bpiaohao_[a-z0-9_]+`)

func TestAlertsAskForMetricsThatExist(t *testing.T) {
	rules, err := os.ReadFile("../../deploy/prometheus/rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	m := NewMetrics("v")
	exercise(m)
	text := scrape(t, m)
	names := metricName.FindAllString(string(rules), -1)
	if len(names) == 0 {
		t.Fatal("the rules name no metric")
	}
	for _, name := range names {
		if !strings.Contains(text, "\n"+name+"{") && !strings.Contains(text, "\n"+name+" ") {
			t.Errorf("the rules ask for %s, which is not there", name)
		}
	}
}
