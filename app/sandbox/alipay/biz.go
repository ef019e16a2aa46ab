package alipay

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
)

// decodeBiz reads biz_content. Fields the sandbox does not know are ignored,
// as the gateway ignores them; SDKs send empty strings for what is unset.
func decodeBiz(p params, v any) error {
	text := p["biz_content"]
	if text == "" {
		return invalidParameter("biz_content 不能为空")
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return invalid("isv.illegal-json", "biz_content 不是合法的 JSON")
	}
	return nil
}

// text is a field that callers send as a string or as a bare number; its
// digits are kept as they were sent.
type text string

// UnmarshalJSON takes a string, a number or null.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	var n json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	*t = text(n)
	return nil
}

var numberPattern = regexp.MustCompile(`^[0-9A-Za-z_]{1,64}$`)

func checkNumber(outTradeNo string) error {
	if outTradeNo == "" {
		return invalidParameter("out_trade_no 不能为空")
	}
	if !numberPattern.MatchString(outTradeNo) {
		return invalidParameter("out_trade_no 仅支持 64 个以内的字母、数字、下划线")
	}
	return nil
}

// checkSubject applies the limit of 256 characters.
func checkSubject(subject string) error {
	switch {
	case strings.TrimSpace(subject) == "":
		return invalidParameter("subject 不能为空")
	case utf8.RuneCountInString(subject) > 256:
		return invalidParameter("subject 超过 256 个字符")
	}
	return nil
}

// parseAmount reads yuan within [0.01, 100000000], at most two decimals.
func parseAmount(field, s string) (app.Money, error) {
	if s == "" {
		return 0, invalidParameter("%s 不能为空", field)
	}
	if _, decimals, ok := strings.Cut(s, "."); ok && len(decimals) > 2 {
		return 0, invalidParameter("%s 精确到小数点后两位", field)
	}
	amount, err := app.ParseYuan(s)
	if err != nil {
		return 0, invalidParameter("%s 格式错误", field)
	}
	if amount < 1 || amount > app.MaxAmount {
		return 0, business(totalExceeds, "订单总金额不在允许范围内")
	}
	return amount, nil
}

const (
	defaultLife = 15 * 24 * time.Hour
	codeLife    = 2 * time.Hour
)

var expressPattern = regexp.MustCompile(`^([1-9]\d{0,4})(m|h|d)$`)

// parseExpiry returns the last moment at which the order can be paid: the
// absolute time_expire, else the relative timeout_express (1m to 15d, or 1c
// for the end of the day), else 15 days.
func parseExpiry(timeExpire, express string, now time.Time) (time.Time, error) {
	if timeExpire != "" {
		at, err := parseTime(timeExpire)
		if err != nil {
			return time.Time{}, invalidParameter("time_expire 格式应为 yyyy-MM-dd HH:mm:ss")
		}
		if !at.After(now) {
			return time.Time{}, business("ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR", "当前时间已超过 time_expire")
		}
		if at.After(now.Add(defaultLife)) {
			return time.Time{}, invalidParameter("time_expire 不能超过 15 天")
		}
		return at, nil
	}
	if express == "" {
		return now.Add(defaultLife), nil
	}
	if express == "1c" {
		y, m, d := now.In(app.Beijing).Date()
		return time.Date(y, m, d+1, 0, 0, 0, 0, app.Beijing), nil
	}
	parts := expressPattern.FindStringSubmatch(express)
	if parts == nil {
		return time.Time{}, invalidParameter("timeout_express 格式错误")
	}
	unit := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}[parts[2]]
	count, err := strconv.Atoi(parts[1])
	if err != nil {
		return time.Time{}, invalidParameter("timeout_express 格式错误")
	}
	if life := time.Duration(count) * unit; life <= defaultLife {
		return now.Add(life), nil
	}
	return time.Time{}, invalidParameter("timeout_express 取值范围 1m～15d")
}
