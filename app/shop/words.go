package shop

// words are every text the pages show, in one language.
type words struct {
	Lang, OtherLang, OtherLangCode                     string
	Shop, Band, Lead, Foot                             string
	Product, ProductNote, Amount, AmountHelp           string
	AmountWrong, Choose, WeChat, Alipay                string
	Place, PlaceTill, AllMethods, Integrates           string
	Sent, Answered, StatusNow, Refresh                 string
	Order, Number, Expires, PaidAt, ChannelNo          string
	ScanThis, CodeText, OpenInWallet                   string
	InAppTitle, MiniTitle, AppTitle, BrowserTitle      string
	DesktopTitle, PayWeChat, PayAlipay, GoWeChat       string
	GoAlipay, Params, ParamsHelp, Spoil, SpoilHelp     string
	TillTitle, Code, CodeHelp, AskCode, AskCodeHelp    string
	ShowsAndPays, ShowsAndAsks, ShowsAndRefuses        string
	WaitingPassword, EnterPassword                     string
	PaidTitle, PaidText, ClosedTitle, ClosedText       string
	FailedTitle, FailedText, UnknownTitle, UnknownText string
	ReviewTitle, ReviewText, Refunded, NextOrder       string
	Switch, SwitchHelp, SwitchTo, CloseOrder           string
	ProblemTitle, ProblemHelp, ProblemCode             string
	RequestID, ChannelSaid, Back                       string
	AnswerBody                                         string
	Refunds, RefundAmount, RefundReason                string
	RefundReasonUsual, RefundHelp, Refund              string

	Statuses       map[string]string
	RefundStatuses map[string]string
	Methods        map[string]methodWords
}

// methodWords describe one way to pay.
type methodWords struct {
	Name string
	When string // when to use it
	How  string // what an integrator does
}
