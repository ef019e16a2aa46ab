package channel_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// seen is what a server got.
type seen struct{ uri, host, body string }

func listen(t *testing.T, answer string) (*httptest.Server, *seen) {
	got := &seen{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*got = seen{r.RequestURI, r.Host, string(body)}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server, got
}

func send(t *testing.T, rt http.RoundTripper, method, address, body string) (*http.Response, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	response, err := channel.HTTPClient(rt).Do(r)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if r.URL.String() != address {
		t.Errorf("the caller's request was changed to %s", r.URL)
	}
	return response, string(answer), err
}

func TestRewrite(t *testing.T) {
	server, got := listen(t, "ok")
	for _, c := range []struct{ prefix, address, want string }{
		{"", "https://sdk.example/v3/pay?a=b&c=%20d", "/v3/pay?a=b&c=%20d"},
		{"/", "https://sdk.example/v3/pay", "/v3/pay"},
		{"/sandbox/wechat", "https://sdk.example/v3/pay", "/sandbox/wechat/v3/pay"},
		{"/sandbox/wechat/", "https://sdk.example/v3/x%2Ay%7Cz@", "/sandbox/wechat/v3/x%2Ay%7Cz@"},
		{"/a%2Fb", "https://sdk.example/v3/pay", "/a%2Fb/v3/pay"},
	} {
		gateway, err := url.Parse(server.URL + c.prefix)
		if err != nil {
			t.Fatal(err)
		}
		rt := channel.Rewrite(http.DefaultTransport, "sdk.example", gateway)
		if _, _, err := send(t, rt, "POST", c.address, "body"); err != nil {
			t.Fatal(err)
		}
		if got.uri != c.want || got.host != gateway.Host || got.body != "body" {
			t.Errorf("%s behind %q became %+v", c.address, c.prefix, got)
		}
	}
	rt := channel.Rewrite(http.DefaultTransport, "sdk.example", &url.URL{Scheme: "http", Host: "127.0.0.1:1"})
	if _, _, err := send(t, rt, "GET", server.URL+"/other", ""); err != nil || got.uri != "/other" {
		t.Errorf("another host was rewritten: %v %+v", err, got)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect))
	defer server.Close()
	response, _, err := send(t, channel.NewTransport(), "POST", server.URL+"/here", "body")
	if err != nil || response.StatusCode != http.StatusTemporaryRedirect {
		t.Errorf("%v %v", response, err)
	}
}

func TestRecording(t *testing.T) {
	server, _ := listen(t, "answer \xff"+strings.Repeat("x", 10<<10))
	var exchanges []channel.Exchange
	ctx := channel.WithRecorder(channel.WithOperation(t.Context(), "pay"), func(e channel.Exchange) { exchanges = append(exchanges, e) })
	r, err := http.NewRequestWithContext(ctx, "POST", server.URL+"/p?q=1", strings.NewReader("secret request"))
	if err != nil {
		t.Fatal(err)
	}
	rt := channel.Recording(channel.NewTransport(), func(b []byte) string { return strings.ReplaceAll(string(b), "secret", "****") })
	response, err := rt.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := io.ReadAll(response.Body)
	if err != nil || len(whole) != 8+10<<10 {
		t.Errorf("the caller reads %d bytes: %v", len(whole), err)
	}
	e := exchanges[0]
	if e.Operation != "pay" || e.Method != "POST" || e.Status != 200 || e.Request != "**** request" || e.URL != server.URL+"/p?q=1" {
		t.Errorf("recorded %+v", e)
	}
	if !strings.HasPrefix(e.Response, "answer �x") || len(e.Response) > 9<<10 {
		t.Errorf("the answer is recorded as %d bytes %.20q", len(e.Response), e.Response)
	}
}

func TestAnswersAreBounded(t *testing.T) {
	server, _ := listen(t, strings.Repeat("x", 1<<20+1))
	rt := channel.Recording(channel.NewTransport(), func([]byte) string { return "" })
	if _, _, err := send(t, rt, "GET", server.URL, ""); err == nil {
		t.Error("an endless answer is read")
	}
}
