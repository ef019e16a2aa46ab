package alipay

import "fmt"

// Result opens every node: what happened, and for failures why.
type Result struct {
	Code    string `json:"code"`
	Msg     string `json:"msg"`
	SubCode string `json:"sub_code,omitempty"`
	SubMsg  string `json:"sub_msg,omitempty"`
}

// The codes of the gateway (https://opendocs.alipay.com/common/02km9f).
const (
	codeSuccess  = "10000"
	codePaying   = "10003" // a trade.pay whose payer must confirm
	codeUnknown  = "20000"
	codeToken    = "20001"
	codeMissing  = "40001"
	codeInvalid  = "40002"
	codeBusiness = "40004"
	codeLimited  = "40005"
)

func success() Result { return Result{Code: codeSuccess, Msg: "Success"} }

// failure is a refusal; it is the error of everything that checks a request.
type failure struct{ Result }

// Error describes the refusal for logs.
func (f *failure) Error() string { return fmt.Sprintf("%s %s: %s", f.Code, f.SubCode, f.SubMsg) }

func missing(subCode, subMsg string) error {
	return &failure{Result{codeMissing, "Missing Required Arguments", subCode, subMsg}}
}

func unauthorised(subCode, subMsg string) error {
	return &failure{Result{codeToken, "Insufficient Token Permissions", subCode, subMsg}}
}

func invalid(subCode, subMsg string) error {
	return &failure{Result{codeInvalid, "Invalid Arguments", subCode, subMsg}}
}

func business(subCode, subMsg string) error {
	return &failure{Result{codeBusiness, "Business Failed", subCode, subMsg}}
}

// invalidParameter refuses one field of biz_content.
func invalidParameter(format string, args ...any) error {
	return business("ACQ.INVALID_PARAMETER", "参数无效:"+fmt.Sprintf(format, args...))
}

// The sub-codes that the program itself tells apart.
const (
	noTrade      = "ACQ.TRADE_NOT_EXIST"
	systemError  = "ACQ.SYSTEM_ERROR"
	totalExceeds = "ACQ.TOTAL_FEE_EXCEED"
)

func tradeNotExist() error { return business(noTrade, "交易不存在") }

// unknown is the gateway's answer when it does not know what became of the
// request: the caller must query.
func unknown() *failure {
	return &failure{Result{codeUnknown, "Service Currently Unavailable", "aop.unknow-error", "系统繁忙"}}
}
