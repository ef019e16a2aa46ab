package wechat

import (
	"fmt"
	"net/http"
)

// failure is the channel's error answer.
type failure struct {
	status  int
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Detail  *detail `json:"detail,omitempty"`
}

// detail says which part of the request is wrong.
type detail struct {
	Field    string           `json:"field,omitempty"`
	Value    any              `json:"value,omitempty"`
	Issue    string           `json:"issue,omitempty"`
	Location string           `json:"location,omitempty"`
	Sign     *signInformation `json:"sign_information,omitempty"`
}

// signInformation shows what the channel verified a signature over, so that the
// merchant can compare.
type signInformation struct {
	Method    string `json:"method"`
	URL       string `json:"url"`
	Truncated string `json:"truncated_sign_message"`
	Length    int    `json:"sign_message_length"`
}

// Error describes the failure for logs.
func (f *failure) Error() string { return fmt.Sprintf("%d %s %s", f.status, f.Code, f.Message) }

// paramError is a wrong input: field is its path, such as "/amount/total", and
// location "body", "query" or "path".
func paramError(location, field string, value any, issue string) *failure {
	return &failure{
		status: http.StatusBadRequest, Code: "PARAM_ERROR",
		Message: fmt.Sprintf("参数错误：%s %s", field, issue),
		Detail:  &detail{Field: field, Value: value, Issue: issue, Location: location},
	}
}

// headerError is a request that WeChat does not even look at.
func headerError(message string) *failure {
	return &failure{status: http.StatusBadRequest, Code: "PARAM_ERROR", Message: message}
}

// signError is a request that nobody we know has signed.
func signError(message string, d *detail) *failure {
	return &failure{status: http.StatusUnauthorized, Code: "SIGN_ERROR", Message: message, Detail: d}
}

func merchantNotExists() *failure {
	return &failure{status: http.StatusBadRequest, Code: "MCH_NOT_EXISTS", Message: "商户号不存在"}
}

func appIDMismatch() *failure {
	return &failure{status: http.StatusBadRequest, Code: "APPID_MCHID_NOT_MATCH", Message: "appid和mch_id不匹配"}
}

func orderNotExist() *failure {
	return &failure{status: http.StatusNotFound, Code: "ORDER_NOT_EXIST", Message: "订单不存在"}
}

func orderPaid() *failure {
	return &failure{status: http.StatusBadRequest, Code: "ORDERPAID", Message: "该订单已支付"}
}

func orderClosed() *failure {
	return &failure{status: http.StatusBadRequest, Code: "ORDER_CLOSED", Message: "订单已关闭"}
}

// numberUsed answers a number that stands for another order.
func numberUsed() *failure {
	return &failure{status: http.StatusForbidden, Code: "OUT_TRADE_NO_USED", Message: "商户订单号重复"}
}

// numberExpired answers the number of an order that can no longer be paid.
func numberExpired() *failure {
	return &failure{status: http.StatusBadRequest, Code: "INVALID_REQUEST", Message: "201 商户订单号重复"}
}

func invalidRequest(message string) *failure {
	return &failure{status: http.StatusBadRequest, Code: "INVALID_REQUEST", Message: message}
}

func resourceNotExists(message string) *failure {
	return &failure{status: http.StatusNotFound, Code: "RESOURCE_NOT_EXISTS", Message: message}
}

func noAuth(message string) *failure {
	return &failure{status: http.StatusForbidden, Code: "NO_AUTH", Message: message}
}

// frequencyLimited answers a second refund of one order too soon.
func frequencyLimited() *failure {
	return &failure{status: http.StatusTooManyRequests, Code: "FREQUENCY_LIMITED", Message: "同一笔订单的退款请求过于频繁，请1分钟后再试"}
}

func systemError() *failure {
	return &failure{status: http.StatusInternalServerError, Code: "SYSTEM_ERROR", Message: "系统异常，请稍后重试"}
}

func rateLimited() *failure {
	return &failure{status: http.StatusTooManyRequests, Code: "RATELIMIT_EXCEEDED", Message: "请求频率超限，请稍后重试"}
}
