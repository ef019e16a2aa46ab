package config

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

const example = "../../config.example.toml"

func TestTheExampleHoldsEveryKeyWithItsDefault(t *testing.T) {
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	var c Config
	if err := decode(&c, example, text); err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(c, want) {
		t.Errorf("the example differs from the defaults:\n%+v\n%+v", c, want)
	}
	var present map[string]any
	if err := toml.Unmarshal(text, &present); err != nil {
		t.Fatal(err)
	}
	for _, s := range settings(&c) {
		if s.envOnly {
			if !strings.Contains(string(text), s.env()) {
				t.Errorf("the example does not mention %s", s.env())
			}
			continue
		}
		if !holds(present, strings.Split(s.key, ".")) {
			t.Errorf("the example lacks %s", s.key)
		}
	}
}

func holds(table map[string]any, path []string) bool {
	value, ok := table[path[0]]
	if len(path) == 1 || !ok {
		return ok
	}
	inner, ok := value.(map[string]any)
	return ok && holds(inner, path[1:])
}

func TestDefaultsAreValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
	if err := ForDemo().Validate(); err != nil {
		t.Error(err)
	}
}

func TestGatewaysFollowTheSandbox(t *testing.T) {
	c := Default()
	for _, tc := range []struct {
		name, wechat, alipay string
		change               func()
	}{
		{"in this process", "http://127.0.0.1:8080/sandbox/wechat", "http://127.0.0.1:8080/sandbox/alipay/gateway.do", func() {}},
		{"in its own", "http://sim:8090/sandbox/wechat", "http://sim:8090/sandbox/alipay/gateway.do", func() { c.Sandbox.Enabled, c.Sandbox.URL = false, "http://sim:8090/sandbox/" }},
		{"none", "", "", func() { c.Sandbox.URL, c.Channels.LiveOnly = "", true }},
	} {
		tc.change()
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := c.WeChatTestGateway(); got != tc.wechat {
			t.Errorf("%s: wechat gateway %q, want %q", tc.name, got, tc.wechat)
		}
		if got := c.AlipayTestGateway(); got != tc.alipay {
			t.Errorf("%s: alipay gateway %q, want %q", tc.name, got, tc.alipay)
		}
	}
}
