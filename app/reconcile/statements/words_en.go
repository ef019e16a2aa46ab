package statements

var english = words{
	locale: "en",
	Lines:  "Lines", Summary: "Summary", Month: "Month", Days: "Days", Signatures: "Signatures",
	Total: "Total", Handled: "Prepared by", Checked: "Checked by", Date: "Date",
	Columns: columnWords{
		Class: "Result", Also: "Also", Kind: "Kind", OrderNo: "Order no.", PaymentID: "Payment", Number: "Number at the channel", RefundNo: "Refund no.",
		ChannelNo: "Channel trade no.", ChannelRefundNo: "Channel refund no.",
		OurTime: "Time here", OurState: "State here", OurAmount: "Amount here", OtherAmount: "Amount here, not of the day", Time: "Time billed", State: "State billed", Amount: "Amount billed",
		Settlement: "Settlement", Fee: "Fee", Rate: "Rate", Net: "Net", Difference: "Difference", Row: "Bill row",
	},
	Facts: factWords{
		Merchant: "Merchant", Mode: "Mode", Channel: "Channel", Identity: "Merchant no.", SubIdentity: "Sub-merchant no.", Account: "Account", Date: "Bill date", Month: "Month", Status: "Status", Made: "Made at",
		OurPayments: "Payments here", OurGross: "Amount here", OurRefunds: "Refunds here", OurRefunded: "Refunded here",
		Payments: "Payments billed", Gross: "Amount billed", Settlement: "Settlement", Refunds: "Refunds billed", Refunded: "Refunded billed", RefundedSettlement: "Refunded settlement",
		Fee: "Fees", Net: "Net", Matched: "Matched", InTransit: "In transit", Differing: "Differences", DifferingAmount: "Amount differing",
		Exceptions: "Exceptions", Open: "Open exceptions", Adjustments: "Adjustments",
		Opening: "Opening balance", Income: "Income", Outgoing: "Outgoing", Closing: "Closing balance", Carried: "Carried forward", LockedAt: "Locked at", Handled: "Prepared by", Checked: "Checked by", Difference: "Difference",
	},
	Channels: map[string]string{"wechat": "WeChat Pay", "alipay": "Alipay"},
	Kinds:    map[string]string{"payment": "Payment", "refund": "Refund"},
	Classes: map[string]string{
		"matched": "Matched", "missing_at_channel": "Missing at the channel", "missing_here": "Missing here", "amount": "Amount differs", "state": "State differs",
		"fee": "Fee differs", "duplicate": "Duplicate", "foreign": "Not one of ours", "in_transit": "In transit",
		"moved": "Succeeded", "open": "Undecided", "not": "Not succeeded",
	},
	Statuses: map[Status]string{Failed: "Failed", Exceptions: "Exceptions", Waiting: "Waiting for the bill", Reconciled: "Reconciled", NoBill: "No bill", Future: "Not yet"},
	Settled:  "Settled",
	Adjusted: map[string]string{"books": "Books adjusted", "claim": "Due from the channel", "write_off": "Written off (a gain is positive)", "refund": "Surplus refunded", "link": "Explained by another payment"},
	Modes:    map[string]string{"test": "Test", "live": "Live"},
	Yes:      "Yes", No: "No", Locked: "Locked", Unassigned: "Of no account", Absent: "–",
	MailSubject: "%s %s reconciled: %s", MailIntro: "%s (%s), what reconciling %s came to:", MailLate: "its bill is not published yet; another mail follows",
	MailLink: "Details: ", MailFoot: "Sent by Piaohao. Recipients are set in the merchant's settings.",
	Part: "%s-%d",
}
