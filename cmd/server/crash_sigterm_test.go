package main

import (
	"context"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"
)

// slowChannel stands in front of the sandbox and holds orders back until they
// are let go.
type slowChannel struct {
	gateway string
	arrived chan struct{}
	release chan struct{}
}

func newSlowChannel(t *testing.T, sandbox string) *slowChannel {
	t.Helper()
	to, err := url.Parse(sandbox)
	if err != nil {
		t.Fatal(err)
	}
	s := &slowChannel{arrived: make(chan struct{}, 1), release: make(chan struct{})}
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host }}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/native") {
			s.arrived <- struct{}{}
			select {
			case <-s.release:
			case <-r.Context().Done():
			}
		}
		pass.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.gateway = server.URL + "/sandbox/wechat"
	return s
}

// TestSIGTERMAnswersWhatIsUnderWay ends the server while an order waits for its
// channel: the load balancer is told, the order is answered, the end is clean.
func TestSIGTERMAnswersWhatIsUnderWay(t *testing.T) {
	w := newCrashWorld(t, buildBinary(t), dbtest.SQLiteURL(t))
	slow := newSlowChannel(t, w.channels)
	w.env = append(w.env, "PIAOHAO_CHANNELS_WECHAT_TEST_GATEWAY="+slow.gateway, "PIAOHAO_CHANNELS_TIMEOUT=10s", "PIAOHAO_SERVER_DRAIN_DELAY=1s")
	w.boot()

	load := newCrashLoad(w, 1)
	order := &crashOrder{no: "SLOW-1", method: "wechat_native", amount: 1, key: "slow"}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		load.place(context.WithoutCancel(t.Context()), order)
	}()
	<-slow.arrived
	if err := w.platform.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.eventually(time.Second, func() []string {
		if status, text, err := w.send(t.Context(), "GET", w.url+"/readyz", nil, nil); status != http.StatusServiceUnavailable || !strings.Contains(text, "draining") {
			return []string{"/readyz", http.StatusText(status), text, errText(err)}
		}
		return nil
	})
	close(slow.release)
	<-answered
	if !order.created || order.code == "" || order.refused != "" {
		t.Errorf("the order under way was answered %+v", order)
	}
	if code := w.platform.exitCode(15 * time.Second); code != 0 {
		t.Errorf("exit code %d\n%s", code, w.platform.log())
	}

	w.start()
	first := order.id
	if load.place(t.Context(), order); order.id != first || order.refused != "" {
		t.Errorf("after the restart %s is %+v", first, order)
	}
	w.platform.terminate()
	if code, output := w.command("verify"); code != 0 {
		t.Errorf("piaohao verify: code %d\n%s", code, output)
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
