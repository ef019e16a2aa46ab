package alipay

import (
	"regexp"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

const timeLayout = "2006-01-02 15:04:05"

// checkSigned refuses a request that its app has not signed. The gateway looks
// for the app first, so an unknown one is reported even without a signature.
func checkSigned(p params, k *keys, now time.Time) error {
	if err := checkCommon(p); err != nil {
		return err
	}
	if err := checkCertificates(p, k, now); err != nil {
		return err
	}
	content := p.content("sign")
	if !verify(k.app, []byte(content), p["sign"]) {
		return invalid("isv.invalid-signature",
			"验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为："+strings.ReplaceAll(content, "&", "&amp;"))
	}
	return nil
}

// checkCommon checks the public parameters but for app_id, method and sign's
// value. The timestamp's format is checked and its age is not: the gateway
// accepts requests of any age.
func checkCommon(p params) error {
	switch {
	case p["sign_type"] == "":
		return missing("isv.missing-signature-type", "缺少签名类型参数")
	case p["sign_type"] != "RSA2":
		return invalid("isv.invalid-signature-type", "无效的签名类型")
	case p["sign"] == "":
		return missing("isv.missing-signature", "缺少签名参数")
	case p["timestamp"] == "":
		return missing("isv.missing-timestamp", "缺少时间戳参数")
	case p["version"] == "":
		return missing("isv.missing-version", "缺少版本参数")
	case p["version"] != "1.0":
		return invalid("isv.invalid-parameter", "参数无效:version")
	case p["charset"] != "" && !strings.EqualFold(p["charset"], "utf-8"):
		return invalid("isv.invalid-charset", "字符集错误:沙箱只支持 utf-8")
	case p["format"] != "" && !strings.EqualFold(p["format"], "json"):
		return invalid("isv.invalid-format", "无效的数据格式")
	case p["encrypt_type"] != "":
		return invalid("isv.invalid-encrypt-type", "应用未配置内容加密密钥")
	}
	if _, err := parseTime(p["timestamp"]); err != nil {
		return invalid("isv.invalid-timestamp", "非法的时间戳参数")
	}
	return nil
}

// checkCertificates demands the certificate numbers of an app in certificate
// mode. An app in key mode may send them; then they must be right.
func checkCertificates(p params, k *keys, now time.Time) error {
	appSN, rootSN := p["app_cert_sn"], p["alipay_root_cert_sn"]
	if k.mode == trade.Certificate {
		if appSN == "" {
			return invalid("isv.missing-app-cert-sn", "缺少应用公钥证书序列号")
		}
		if rootSN == "" {
			return invalid("isv.missing-alipay-root-cert-sn", "缺少支付宝根证书序列号")
		}
	}
	if appSN != "" && appSN != k.appSN {
		return invalid("isv.app-cert-not-exist", "应用公钥证书不存在")
	}
	if rootSN != "" && rootSN != k.rootSN {
		return invalid("isv.invalid-alipay-root-cert-sn", "无效的支付宝根证书序列号")
	}
	if appSN != "" && now.Unix() > k.appExpiry {
		return invalid("isv.app-cert-expired", "应用公钥证书已过期")
	}
	return nil
}

var timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)

// parseTime reads the gateway's times, which are Beijing's. The pattern guards
// against what time.Parse forgives, such as one-digit hours and fractions.
func parseTime(s string) (time.Time, error) {
	if !timePattern.MatchString(s) {
		return time.Time{}, app.Errorf(app.Invalid, "time %q is not yyyy-MM-dd HH:mm:ss", s)
	}
	return time.ParseInLocation(timeLayout, s, app.Beijing)
}

func formatTime(m app.Millis) string {
	if m == 0 {
		return ""
	}
	return m.Time().In(app.Beijing).Format(timeLayout)
}
