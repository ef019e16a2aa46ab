package reconcile

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
	"github.com/piaohao/piaohao/app/reconcile/match"
)

// findingOf is an item that is an exception, as it is filed.
func findingOf(i *match.Item) exceptions.Finding {
	f := exceptions.Finding{
		Key: i.Key(), Type: exceptions.Type(i.Class), AccountID: i.AccountID(), Difference: i.Difference(),
		Evidence: exceptions.Evidence{Line: i.Line, Record: i.Record, Extra: extraOf(i)},
	}
	if l := i.Line; l != nil {
		f.Kind, f.Channel = l.Kind, l.Amount
		f.Number, f.ChannelNo = cmp.Or(l.Number, l.ChannelTradeNo), l.ChannelTradeNo
		if l.Kind == channel.LineRefund {
			f.Number, f.ChannelNo = cmp.Or(l.RefundNumber, l.ChannelRefundNo, f.Number), l.ChannelRefundNo
		}
	}
	r := i.Record
	if r == nil {
		r = i.About // what the line concerns without being its own
	}
	if r != nil {
		f.PaymentID = r.PaymentID
	}
	if r := i.Record; r != nil {
		f.Kind, f.Number, f.ChannelNo = r.Kind, cmp.Or(r.Number, f.Number), cmp.Or(r.ChannelNo, f.ChannelNo)
		f.RefundID, f.Ours = r.RefundID, r.Amount
		f.Day = r.CarriedFrom
	}
	if i.Line != nil {
		f.Day = "" // the bill that has it
	}
	if i.Class == match.FeeDiffers {
		f.Ours, f.Channel, f.Difference = abs(i.Fee.Round()), abs(i.Line.Fee.Round()), i.FeeDifference().Round()
	}
	return f
}

// extraOf are the facts that explain an item, for people.
func extraOf(i *match.Item) map[string]string {
	extra := map[string]string{}
	var why []string
	for _, r := range i.Why.List() {
		why = append(why, r.String())
	}
	if len(why) > 0 {
		extra["why"] = strings.Join(why, " ")
	}
	if len(i.Also) > 0 {
		also := make([]string, len(i.Also))
		for n, c := range i.Also {
			also[n] = string(c)
		}
		extra["also"] = strings.Join(also, " ")
	}
	if i.HasFee {
		extra["fee_expected"] = i.Fee.Yuan()
	}
	if a := i.About; a != nil {
		extra["about"] = cmp.Or(a.Number, a.RefundID)
	}
	if len(extra) == 0 {
		return nil
	}
	return extra
}

func abs(m app.Money) app.Money { return max(m, -m) }

// summaryFindings are what a file's own summary says otherwise than its rows.
func summaryFindings(prefix string, list []channel.SumDifference) []exceptions.Finding {
	out := make([]exceptions.Finding, 0, len(list))
	for _, d := range list {
		f := exceptions.Finding{Key: prefix + string(d.Sum), Type: exceptions.Summary, Evidence: exceptions.Evidence{Extra: map[string]string{
			"sum": string(d.Sum), "stated": sumText(d.Sum, d.Stated), "summed": sumText(d.Sum, d.Summed),
		}}}
		if !d.Sum.Counts() {
			f.Ours, f.Channel = abs(app.Money(d.Summed)), abs(app.Money(d.Stated))
			f.Difference = app.Money(d.Summed - d.Stated)
			if outgoing(d.Sum) {
				f.Difference = -f.Difference
			}
		}
		out = append(out, f)
	}
	return out
}

// outgoing reports whether more of the sum leaves the merchant less.
func outgoing(s channel.BillSum) bool {
	switch s {
	case channel.SumRefunded, channel.SumRefundedSettlement, channel.SumFee, channel.SumOutgoing:
		return true
	}
	return false
}

func sumText(s channel.BillSum, n int64) string {
	if s.Counts() {
		return strconv.FormatInt(n, 10)
	}
	return app.Money(n).Yuan()
}
