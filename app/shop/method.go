package shop

// shape is what a method's page looks like: where the payer is.
type shape string

// The shapes.
const (
	scan    shape = "scan"    // a code on a screen, scanned by the payer
	inApp   shape = "inapp"   // a page inside of the wallet's own browser
	browser shape = "browser" // a mobile browser that leaves for the cashier and returns
	desktop shape = "desktop" // the same on a computer
	ownApp  shape = "app"     // the shop's own mobile app
	till    shape = "till"    // a till that scans the payer's code
)

// method is one way to pay.
type method struct {
	Name    string // as the API calls it
	Channel string
	Shape   shape
	App     string // the kind of WeChat app that it needs, or ""
}

// methods lists every way to pay, by channel.
func methods() []method {
	return []method{
		{"wechat_native", "wechat", scan, ""},
		{"wechat_jsapi", "wechat", inApp, "official"},
		{"wechat_mini", "wechat", inApp, "mini"},
		{"wechat_h5", "wechat", browser, ""},
		{"wechat_app", "wechat", ownApp, "app"},
		{"wechat_code", "wechat", till, ""},
		{"alipay_qr", "alipay", scan, ""},
		{"alipay_jsapi", "alipay", inApp, ""},
		{"alipay_page", "alipay", desktop, ""},
		{"alipay_wap", "alipay", browser, ""},
		{"alipay_app", "alipay", ownApp, ""},
		{"alipay_code", "alipay", till, ""},
	}
}

func methodOf(name string) (method, bool) {
	for _, m := range methods() {
		if m.Name == name {
			return m, true
		}
	}
	return method{}, false
}

func methodsOf(channel string) []method {
	var list []method
	for _, m := range methods() {
		if m.Channel == channel {
			list = append(list, m)
		}
	}
	return list
}
