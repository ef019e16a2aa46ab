package exceptions

import (
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/report"
)

// Lang is the language of a spreadsheet.
type Lang string

// The languages.
const (
	Chinese Lang = "zh-CN"
	English Lang = "en"
)

// sheetColumn is a column of the spreadsheet of exceptions.
type sheetColumn int

// The columns, in order. Those from colOwner to colNote are filled in by people;
// colVersion is hidden.
const (
	colID sheetColumn = iota
	colType
	colChannel
	colAccount
	colDay
	colNumber
	colOrderNo
	colChannelNo
	colOurs
	colTheirs
	colDifference
	colAge
	colStatus
	colOwner
	colResolution
	colLink
	colAmount
	colNote
	colVersion
	sheetColumns // how many there are
)

// editable reports whether people fill the column in.
func (c sheetColumn) editable() bool { return c >= colOwner && c <= colNote }

// money reports whether the column holds amounts.
func (c sheetColumn) money() bool {
	return c == colOurs || c == colTheirs || c == colDifference || c == colAmount
}

// sheetWords are the words of a spreadsheet in one language.
type sheetWords struct {
	sheet, total string
	headers      [sheetColumns]string
	types        map[Type]string
	resolutions  map[Resolution]string
	statuses     map[Status]string
	channels     map[app.Channel]string
	choose       string // what is wrong with a word that is not in the list
}

func wordsOf(l Lang) sheetWords {
	if l == English {
		return englishSheet
	}
	return chineseSheet
}

var chineseSheet = sheetWords{
	sheet: "差错", total: "合计",
	headers: [sheetColumns]string{
		"差错编号", "类型", "渠道", "渠道账户", "账单日期", "平台单号", "商户订单号", "渠道单号", "平台金额（元）", "渠道金额（元）", "差额（元）", "账龄（天）",
		"状态", "负责人", "处理方式", "关联支付单", "处理金额（元）", "备注", "版本",
	},
	types: map[Type]string{
		MissingAtChannel: "渠道漏单", MissingHere: "平台漏单", AmountDiffers: "金额不符", StateDiffers: "状态不符", FeeDiffers: "手续费不符",
		Duplicate: "重复", Foreign: "非本平台交易", Summary: "文件汇总不符", Funds: "资金不符", Balance: "余额不符",
	},
	resolutions: map[Resolution]string{
		AcceptChannel: "以渠道为准", AcceptOurs: "以平台为准", Refund: "退还多收款", WriteOff: "核销", Link: "关联支付单", Ignore: "不处理",
	},
	statuses: map[Status]string{Open: "待处理", Proposed: "待复核", Resolved: "已处理", Cleared: "已自动消除"},
	channels: map[app.Channel]string{app.WeChat: "微信支付", app.Alipay: "支付宝"},
	choose:   "请从列表中选择",
}

var englishSheet = sheetWords{
	sheet: "Exceptions", total: "Total",
	headers: [sheetColumns]string{
		"Exception", "Type", "Channel", "Account", "Bill date", "Our number", "Order number", "Channel number", "Our amount (CNY)", "Channel amount (CNY)",
		"Difference (CNY)", "Age (days)", "Status", "Owner", "Resolution", "Linked payment", "Amount (CNY)", "Note", "Version",
	},
	types: map[Type]string{
		MissingAtChannel: "Missing at the channel", MissingHere: "Missing here", AmountDiffers: "Amount differs", StateDiffers: "State differs",
		FeeDiffers: "Fee differs", Duplicate: "Duplicate", Foreign: "Not one of ours", Summary: "File totals differ", Funds: "Funds differ",
		Balance: "Balance differs",
	},
	resolutions: map[Resolution]string{
		AcceptChannel: "The channel is right", AcceptOurs: "We are right", Refund: "Refund the surplus", WriteOff: "Write off",
		Link: "Link to a payment", Ignore: "Ignore",
	},
	statuses: map[Status]string{Open: "Open", Proposed: "Waits for approval", Resolved: "Resolved", Cleared: "Cleared by itself"},
	channels: map[app.Channel]string{app.WeChat: "WeChat Pay", app.Alipay: "Alipay"},
	choose:   "Choose from the list",
}

// resolutionNamed reads a resolution's word in any language, or its code.
func resolutionNamed(word string) (Resolution, bool) {
	word = strings.TrimSpace(word)
	for _, r := range Resolutions {
		if word == string(r) || word == chineseSheet.resolutions[r] || strings.EqualFold(word, englishSheet.resolutions[r]) {
			return r, true
		}
	}
	return "", word == ""
}

// safe keeps a spreadsheet from taking text for a formula, wherever it is saved
// and opened: what report.Escape would escape gets its apostrophe. Line breaks
// stay, as they are read back.
func safe(text string) string {
	if !strings.HasPrefix(text, "'") && strings.HasPrefix(report.Escape(text), "'") {
		return "'" + text
	}
	return text
}

// unsafe undoes safe.
func unsafe(text string) string {
	if plain, ok := strings.CutPrefix(text, "'"); ok && safe(plain) == text {
		return plain
	}
	return text
}
