package oracle

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/piaohao/piaohao/app/sandbox/sandboxtest"
)

// post calls one of the sandbox's script endpoints.
func post(t *testing.T, box *sandboxtest.Box, path string, body, into any) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(box.URL+path, "application/json", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		t.Fatalf("POST %s: HTTP %d", path, resp.StatusCode)
	}
	if into == nil {
		return
	}
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
}

// open opens a merchant and returns its credentials by their JSON names, as
// far as they are text.
func open(t *testing.T, box *sandboxtest.Box, channel, mode string) map[string]string {
	t.Helper()
	var all map[string]any
	post(t, box, "/sandbox/merchants", map[string]string{"channel": channel, "mode": mode}, &all)
	m := map[string]string{}
	for name, value := range all {
		if text, ok := value.(string); ok {
			m[name] = text
		}
	}
	return m
}

func pay(t *testing.T, box *sandboxtest.Box, code string) {
	t.Helper()
	post(t, box, "/sandbox/wallet/pay", map[string]string{"code": code}, nil)
}
