package files

import "strconv"

// words are what files say in one language. The console has translations of its
// own; files outlive it and stand alone.
type words struct {
	payments, refunds string // names of sheets
	columns           columnWords
	channels, methods map[string]string
	statuses          map[string]string
	refundStatuses    map[string]string
	sources, modes    map[string]string
	yes, rule         string
	totalOf, paidOf   [2]string // around the number
}

type columnWords struct {
	orderNo, paymentID, number, channelNo, subject, channel, method, account, status, createdAt, paidAt string
	amount, received, payerAmount, settlement, refunded, refunding, refunds, refundNos, late            string
	errorCode, errorMessage, mode                                                                       string
	refundNo, refundID, channelRefundNo, source, requestedBy, reason, acceptedAt, arrivedAt             string
	refundAmount, counted, arrived                                                                      string
}

func (w words) total(n int64) string { return around(w.totalOf, n) }

func (w words) succeeded(n int64) string { return around(w.paidOf, n) }

func around(text [2]string, n int64) string { return text[0] + strconv.FormatInt(n, 10) + text[1] }

// wordsOf returns the words of a locale; of an unknown one the Chinese.
func wordsOf(locale string) words {
	if locale == "en" {
		return english
	}
	return chinese
}

// word looks one up, and shows what has none as it is.
func word(all map[string]string, key string) string {
	if w := all[key]; w != "" {
		return w
	}
	return key
}

var chinese = words{
	payments: "支付单", refunds: "退款单",
	columns: columnWords{
		orderNo: "商户订单号", paymentID: "支付单号", number: "渠道侧订单号", channelNo: "渠道交易号", subject: "商品名称", channel: "渠道", method: "支付方式", account: "渠道账户",
		status: "状态", createdAt: "创建时间", paidAt: "支付时间", amount: "订单金额", received: "实收金额", payerAmount: "付款人实付", settlement: "应结金额",
		refunded: "已退金额", refunding: "退款中金额", refunds: "退款笔数", refundNos: "退款单号", late: "迟到款", errorCode: "渠道错误码", errorMessage: "渠道错误描述", mode: "模式",
		refundNo: "商户退款单号", refundID: "退款单号", channelRefundNo: "渠道退款号", source: "来源", requestedBy: "申请人", reason: "退款原因",
		acceptedAt: "渠道受理时间", arrivedAt: "到账时间", refundAmount: "退款金额", counted: "有效退款金额", arrived: "已到账金额",
	},
	channels: map[string]string{"wechat": "微信支付", "alipay": "支付宝"},
	methods: map[string]string{
		"wechat_native": "微信扫码", "wechat_jsapi": "微信公众号", "wechat_mini": "微信小程序", "wechat_h5": "微信 H5", "wechat_app": "微信 App", "wechat_code": "微信付款码",
		"alipay_qr": "支付宝扫码", "alipay_page": "支付宝电脑网站", "alipay_wap": "支付宝手机网站", "alipay_app": "支付宝 App", "alipay_jsapi": "支付宝 JSAPI", "alipay_code": "支付宝付款码",
		"cashier": "收银台",
	},
	statuses:       map[string]string{"in_review": "审核中", "created": "已创建", "pending": "待支付", "succeeded": "支付成功", "closed": "已关闭", "failed": "支付失败"},
	refundStatuses: map[string]string{"awaiting_approval": "待审批", "pending": "退款中", "abnormal": "退款异常", "succeeded": "已到账", "failed": "退款失败", "rejected": "未通过"},
	sources:        map[string]string{"api": "业务系统", "console": "控制台", "policy": "自动退款", "channel": "渠道后台"},
	modes:          map[string]string{"test": "测试", "live": "生产"},
	yes:            "是", rule: "自动退款",
	totalOf: [2]string{"合计 ", " 笔"}, paidOf: [2]string{"成功 ", " 笔"},
}

var english = words{
	payments: "Payments", refunds: "Refunds",
	columns: columnWords{
		orderNo: "Order number", paymentID: "Payment", number: "Number at the channel", channelNo: "Channel transaction", subject: "Subject", channel: "Channel", method: "Method", account: "Account",
		status: "Status", createdAt: "Created", paidAt: "Paid", amount: "Order amount", received: "Amount received", payerAmount: "Paid by payer", settlement: "Settlement amount",
		refunded: "Refunded", refunding: "Being refunded", refunds: "Refunds", refundNos: "Refund numbers", late: "Late", errorCode: "Channel error", errorMessage: "Channel message", mode: "Mode",
		refundNo: "Refund number", refundID: "Refund", channelRefundNo: "Channel refund", source: "Source", requestedBy: "Requested by", reason: "Reason",
		acceptedAt: "Accepted by channel", arrivedAt: "Arrived", refundAmount: "Refund amount", counted: "Not failed or rejected", arrived: "Amount arrived",
	},
	channels: map[string]string{"wechat": "WeChat Pay", "alipay": "Alipay"},
	methods: map[string]string{
		"wechat_native": "WeChat QR code", "wechat_jsapi": "WeChat JSAPI", "wechat_mini": "WeChat mini program", "wechat_h5": "WeChat H5", "wechat_app": "WeChat in-app", "wechat_code": "WeChat payment code",
		"alipay_qr": "Alipay QR code", "alipay_page": "Alipay web page", "alipay_wap": "Alipay mobile web", "alipay_app": "Alipay in-app", "alipay_jsapi": "Alipay JSAPI", "alipay_code": "Alipay payment code",
		"cashier": "Cashier",
	},
	statuses:       map[string]string{"in_review": "In review", "created": "Created", "pending": "Awaiting payment", "succeeded": "Succeeded", "closed": "Closed", "failed": "Failed"},
	refundStatuses: map[string]string{"awaiting_approval": "Awaiting approval", "pending": "Pending", "abnormal": "Abnormal", "succeeded": "Succeeded", "failed": "Failed", "rejected": "Not approved"},
	sources:        map[string]string{"api": "API", "console": "Console", "policy": "Automatic", "channel": "Channel console"},
	modes:          map[string]string{"test": "Test", "live": "Live"},
	yes:            "Yes", rule: "Automatic",
	totalOf: [2]string{"Total ", ""}, paidOf: [2]string{"", " succeeded"},
}
