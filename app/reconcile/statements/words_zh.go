package statements

var chinese = words{
	locale: "zh-CN",
	Lines:  "明细", Summary: "汇总", Month: "月度汇总", Days: "逐日", Signatures: "签字",
	Total: "合计", Handled: "经办", Checked: "复核", Date: "日期",
	Columns: columnWords{
		Class: "对账结果", Also: "其他差异", Kind: "类型", OrderNo: "商户订单号", PaymentID: "支付单号", Number: "渠道侧订单号", RefundNo: "退款单号",
		ChannelNo: "渠道交易号", ChannelRefundNo: "渠道退款号",
		OurTime: "平台时间", OurState: "平台状态", OurAmount: "平台金额", OtherAmount: "平台金额（不计入当日）", Time: "账单时间", State: "账单状态", Amount: "账单金额",
		Settlement: "应结金额", Fee: "手续费", Rate: "费率", Net: "应结净额", Difference: "差额", Row: "账单行号",
	},
	Facts: factWords{
		Merchant: "商户", Mode: "模式", Channel: "渠道", Identity: "商户号", SubIdentity: "子商户号", Account: "渠道账户", Date: "账单日期", Month: "月份", Status: "对账状态", Made: "生成时间",
		OurPayments: "平台支付笔数", OurGross: "平台支付金额", OurRefunds: "平台退款笔数", OurRefunded: "平台退款金额",
		Payments: "账单支付笔数", Gross: "账单支付金额", Settlement: "应结金额", Refunds: "账单退款笔数", Refunded: "账单退款金额", RefundedSettlement: "退款应结金额",
		Fee: "手续费", Net: "应结净额", Matched: "相符笔数", InTransit: "在途笔数", Differing: "差异笔数", DifferingAmount: "差异金额",
		Exceptions: "差错笔数", Open: "未结差错", Adjustments: "调账金额",
		Opening: "期初余额", Income: "收入", Outgoing: "支出", Closing: "期末余额", Carried: "结转笔数", LockedAt: "锁定时间", Handled: "经办", Checked: "复核", Difference: "差额",
	},
	Channels: map[string]string{"wechat": "微信支付", "alipay": "支付宝"},
	Kinds:    map[string]string{"payment": "支付", "refund": "退款"},
	Classes: map[string]string{
		"matched": "相符", "missing_at_channel": "渠道漏单", "missing_here": "平台漏单", "amount": "金额不符", "state": "状态不符",
		"fee": "手续费不符", "duplicate": "重复", "foreign": "非本平台交易", "in_transit": "在途",
		"moved": "成功", "open": "未定", "not": "未成功",
	},
	Statuses: map[Status]string{Failed: "对账失败", Exceptions: "有差错", Waiting: "待出账", Reconciled: "已对平", NoBill: "无账单", Future: "未到"},
	Settled:  "差异已处理",
	Adjusted: map[string]string{"books": "账面调整", "claim": "渠道待结（应收为正）", "write_off": "核销（收益为正）", "refund": "退还多收款", "link": "关联支付单"},
	Modes:    map[string]string{"test": "测试", "live": "生产"},
	Yes:      "是", No: "否", Locked: "已锁定", Unassigned: "不属于任何账户", Absent: "—",
	MailSubject: "%s %s 对账完成：%s", MailIntro: "%s（%s）%s 的对账结果：", MailLate: "尚未出账，到账后另行通知",
	MailLink: "查看明细：", MailFoot: "本邮件由票号自动发出。收件人可在商户设置中更改。",
	Part: "%s-%d",
}
