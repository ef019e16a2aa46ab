package pages_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// visit makes one request; redirects are not followed.
func visit(t *testing.T, method, address, form string, header map[string]string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, address, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if form != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range header {
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

var html = map[string]string{"Accept": "text/html"}

func TestLanguage(t *testing.T) {
	box := sandboxtest.Start(t)
	for name, c := range map[string]struct {
		query  string
		header map[string]string
		want   string
	}{
		"nothing said":              {"", nil, "zh-CN"},
		"Chinese preferred":         {"", map[string]string{"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}, "zh-CN"},
		"English preferred":         {"", map[string]string{"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"}, "en"},
		"neither spoken":            {"", map[string]string{"Accept-Language": "fr"}, "en"},
		"asked for":                 {"?lang=en", map[string]string{"Accept-Language": "zh"}, "en"},
		"kept in the cookie":        {"", map[string]string{"Accept-Language": "zh", "Cookie": "sandbox_lang=en"}, "en"},
		"asking beats the cookie":   {"?lang=zh", map[string]string{"Cookie": "sandbox_lang=en"}, "zh-CN"},
		"nonsense changes nothing":  {"?lang=xx", map[string]string{"Accept-Language": "zh"}, "zh-CN"},
		"the cookie may be nonsens": {"", map[string]string{"Accept-Language": "zh", "Cookie": "sandbox_lang=<b>"}, "zh-CN"},
	} {
		_, body := visit(t, "GET", box.URL+"/sandbox"+c.query, "", c.header)
		if !strings.Contains(body, `<html lang="`+c.want+`"`) {
			t.Errorf("%s: want %s", name, c.want)
		}
	}
	resp, body := visit(t, "GET", box.URL+"/sandbox/wallet?code=a%26b&lang=en", "", nil)
	if got := resp.Header.Get("Set-Cookie"); !strings.HasPrefix(got, "sandbox_lang=en;") || !strings.Contains(got, "HttpOnly") {
		t.Errorf("Set-Cookie %q", got)
	}
	if !strings.Contains(body, `href="/sandbox/wallet?code=a%26b&amp;lang=zh"`) {
		t.Error("the language switch loses the code")
	}
}

// TestForeignWrites: neither another site's page nor a rebound name may write.
func TestForeignWrites(t *testing.T) {
	box := sandboxtest.Start(t)
	form, script := "channel=wechat&mode=public_key", `{"channel":"wechat"}`
	for name, c := range map[string]struct {
		path, body string
		header     map[string]string
		want       int
	}{
		"own form":               {"/sandbox/merchants/open", form, map[string]string{"Sec-Fetch-Site": "same-origin"}, 303},
		"own form, old browser":  {"/sandbox/merchants/open", form, map[string]string{"Origin": box.URL}, 303},
		"no browser":             {"/sandbox/merchants/open", form, nil, 303},
		"another site":           {"/sandbox/merchants/open", form, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"another port":           {"/sandbox/merchants/open", form, map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		"another origin":         {"/sandbox/merchants/open", form, map[string]string{"Origin": "http://evil.example"}, 403},
		"no origin to speak of":  {"/sandbox/merchants/open", form, map[string]string{"Origin": "null"}, 403},
		"a rebound name":         {"/sandbox/merchants/open", form, map[string]string{"Host": "evil.example"}, 403},
		"a script":               {"/sandbox/merchants", script, nil, 201},
		"another site's script":  {"/sandbox/merchants", script, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		"another origin's fault": {"/sandbox/faults", `{"channel":"wechat","fault":"signtest"}`, map[string]string{"Origin": "null"}, 403},
	} {
		if resp, _ := visit(t, "POST", box.URL+c.path, c.body, c.header); resp.StatusCode != c.want {
			t.Errorf("%s: HTTP %d, want %d", name, resp.StatusCode, c.want)
		}
	}
}

func TestSharedPathsServeWhoAsks(t *testing.T) {
	box := sandboxtest.Start(t)
	if resp, body := visit(t, "GET", box.URL+"/sandbox/trades", "", html); resp.StatusCode != 200 || !strings.Contains(body, "<html") {
		t.Errorf("a browser gets %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	resp, body := visit(t, "GET", box.URL+"/sandbox/trades", "", nil)
	if resp.StatusCode != 200 || !json.Valid([]byte(body)) {
		t.Errorf("a script gets %d %s", resp.StatusCode, body)
	}
}

func TestPolicyAndEscaping(t *testing.T) {
	box := sandboxtest.Start(t)
	resp, body := visit(t, "GET", box.URL+"/sandbox/wallet?code="+url.QueryEscape(`"><script>alert(1)</script>`), "", html)
	if !strings.HasPrefix(resp.Header.Get("Content-Security-Policy"), "default-src 'self'; img-src 'self' data:") {
		t.Errorf("policy %q", resp.Header.Get("Content-Security-Policy"))
	}
	if resp.StatusCode != 404 || strings.Contains(body, "<script>alert") {
		t.Errorf("HTTP %d: the code is not escaped", resp.StatusCode)
	}
	for _, file := range []string{"sandbox.css", "copy.js", "mark.svg"} {
		if resp, _ := visit(t, "GET", box.URL+"/sandbox/assets/"+file, "", nil); resp.StatusCode != 200 {
			t.Errorf("%s: HTTP %d", file, resp.StatusCode)
		}
	}
	for _, file := range []string{"nothing", "..%2fpages.go", "nothing.css"} {
		if resp, _ := visit(t, "GET", box.URL+"/sandbox/assets/"+file, "", nil); resp.StatusCode != 404 {
			t.Errorf("%s: HTTP %d, want 404", file, resp.StatusCode)
		}
	}
}
