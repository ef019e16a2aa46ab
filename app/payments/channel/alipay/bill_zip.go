package alipay

import (
	"strings"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// billType is what the two files of one of Alipay's bills are called and begin
// with.
type billType struct {
	word  string // in the entries' names
	title string // the first line of the details
}

var (
	tradesBill = billType{word: "业务明细", title: "#支付宝业务明细查询"}
	fundsBill  = billType{word: "账务明细", title: "#支付宝账务明细查询"}
)

// currencySuffix follows a PID where a bill names an account: it is the one in
// yuan, by the code of the currency.
const currencySuffix = "0156"

// entries finds the details and, where there is one, the summary in a bill's
// zip: "20880000000000010156_20261124_业务明细.csv" and "…业务明细(汇总).csv".
// Whatever else is in it is no bill's.
func (b billType) entries(s channel.BillSource) (details, summary *billfile.Entry, err error) {
	all, err := billfile.Entries(s)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range all {
		into := &details
		if strings.Contains(e.Name, "汇总") {
			into = &summary
		}
		if !strings.Contains(e.Name, b.word) || !strings.HasSuffix(e.Name, ".csv") || *into != nil {
			return nil, nil, billfile.Broken(channel.BillPacking, "unexpected entry "+e.Name)
		}
		if err := named(s, e.Name); err != nil {
			return nil, nil, err
		}
		*into = &e
	}
	if details == nil {
		return nil, nil, billfile.Broken(channel.BillPacking, "no entry "+b.word)
	}
	return details, summary, nil
}

// named checks whose and which day's file a name says it is.
func named(s channel.BillSource, name string) error {
	account, rest, _ := strings.Cut(name, "_")
	day, _, ok := strings.Cut(rest, "_")
	switch {
	case !ok || !isNumber(account) || !isNumber(day):
		return billfile.Broken(channel.BillPacking, "unexpected entry "+name)
	case !owns(s, account):
		return billfile.Broken(channel.BillNotOurs, name)
	case day != s.Day.Compact():
		return billfile.Broken(channel.BillWrongDay, name)
	}
	return nil
}

// owns reports whether an account, as bills name it, is the source's.
func owns(s channel.BillSource, account string) bool {
	return s.Identity != "" && (account == s.Identity || account == s.Identity+currencySuffix)
}
