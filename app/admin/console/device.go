package console

import (
	"regexp"
	"strings"
)

// browsers by the mark in their user agent. The more particular come first:
// most of them also call themselves Chrome or Safari.
var browsers = []struct {
	mark *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`MicroMessenger/(\d+)`), "WeChat"},
	{regexp.MustCompile(`AlipayClient/(\d+)`), "Alipay"},
	{regexp.MustCompile(`(?:Edg|EdgA|EdgiOS)/(\d+)`), "Edge"},
	{regexp.MustCompile(`(?:OPR|Opera)/(\d+)`), "Opera"},
	{regexp.MustCompile(`SamsungBrowser/(\d+)`), "Samsung Internet"},
	{regexp.MustCompile(`HuaweiBrowser/(\d+)`), "Huawei Browser"},
	{regexp.MustCompile(`M?QQBrowser/(\d+)`), "QQ Browser"},
	{regexp.MustCompile(`(?:Firefox|FxiOS)/(\d+)`), "Firefox"},
	{regexp.MustCompile(`HeadlessChrome/(\d+)`), "Headless Chrome"},
	{regexp.MustCompile(`(?:Chrome|CriOS)/(\d+)`), "Chrome"},
	{regexp.MustCompile(`Version/(\d+)\S* (?:Mobile/\S+ )?Safari/`), "Safari"},
}

// systems by the mark in the user agent; a phone's comes before what it is
// built on.
var systems = []struct{ mark, name string }{
	{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"HarmonyOS", "HarmonyOS"}, {"OpenHarmony", "HarmonyOS"}, {"Android", "Android"},
	{"Windows", "Windows"}, {"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
}

var product = regexp.MustCompile(`^[A-Za-z][\w.-]*/\d+`)

// deviceName says a user agent in words: "Chrome 149 · Windows". What is no
// browser is named by its own first word, and "" is what says nothing.
func deviceName(agent string) string {
	var words []string
	for _, b := range browsers {
		if m := b.mark.FindStringSubmatch(agent); m != nil {
			words = append(words, b.name+" "+m[1])
			break
		}
	}
	for _, s := range systems {
		if strings.Contains(agent, s.mark) {
			words = append(words, s.name)
			break
		}
	}
	if len(words) == 0 {
		if m := product.FindString(agent); m != "" && !strings.HasPrefix(m, "Mozilla/") {
			return strings.Replace(m, "/", " ", 1)
		}
	}
	return strings.Join(words, " · ")
}
