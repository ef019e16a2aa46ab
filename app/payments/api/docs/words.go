package docs

// The languages of the pages, as in the html lang attribute.
const (
	english = "en"
	chinese = "zh-CN"
)

// words are what the page itself says, around the document.
type words struct {
	Lang, OtherLang, OtherName                               string
	Title, Summary, Skip, Contents                           string
	Guide, Webhooks, WebhookHeaders, Objects, Errors         string
	Parameters, Body, Responses, Refusals, Sample            string
	Required, Optional, Scope, AnyBody, List, Document, Base string
	Code, Status, Meaning, Remedy, Back, Values, Headers     string
	ErrorsLead, NoScope, Returns                             string
}

func wordsIn(lang string) words {
	if lang == chinese {
		return words{
			Lang: chinese, OtherLang: english, OtherName: "English",
			Title: "票号商户接口", Summary: "一套接口，接入微信支付与支付宝。", Skip: "跳到正文", Contents: "目录",
			Guide: "接入指南", Webhooks: "商户通知", WebhookHeaders: "每次通知的请求头", Objects: "对象", Errors: "错误码",
			Parameters: "参数", Body: "请求体", Responses: "响应", Refusals: "错误", Sample: "请求示例",
			Required: "必填", Optional: "可能缺省", Scope: "所需权限", AnyBody: "任意内容，最大 256 KiB。", List: "列表：", Document: "下载 openapi.yaml", Base: "接口地址",
			Code: "错误码", Status: "状态码", Meaning: "含义", Remedy: "处理办法", Back: "返回接口文档", Values: "取值", Headers: "响应头",
			ErrorsLead: "错误均为 RFC 9457 problem+json。错误码稳定不变，每个错误码对应唯一状态码。", NoScope: "任意密钥", Returns: "返回",
		}
	}
	return words{
		Lang: english, OtherLang: chinese, OtherName: "简体中文",
		Skip: "Skip to the content", Contents: "Contents",
		Guide: "Guide", Webhooks: "Webhooks", WebhookHeaders: "Headers of every webhook", Objects: "Objects", Errors: "Error codes",
		Parameters: "Parameters", Body: "Body", Responses: "Answers", Refusals: "Errors", Sample: "Request",
		Required: "required", Optional: "may be absent", Scope: "Scope", AnyBody: "Anything, up to 256 KiB.", List: "list of", Document: "Download openapi.yaml", Base: "Base URL",
		Code: "Code", Status: "Status", Meaning: "Meaning", Remedy: "What to do", Back: "Back to the API reference", Values: "One of", Headers: "Headers",
		ErrorsLead: "Every error is an RFC 9457 problem+json. Codes are stable, and each has one status.", NoScope: "any key", Returns: "Returns",
	}
}
