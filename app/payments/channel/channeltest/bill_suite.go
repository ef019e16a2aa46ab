package channeltest

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

func testTradesBill(t *testing.T, d *tradingDay) {
	file, _, err := d.download(t, channel.BillTrades)
	if err != nil {
		t.Fatal(err)
	}
	if file.Name == "" || file.Size == 0 || (file.HashType == "") != (file.Hash == "") {
		t.Errorf("the file is %+v", file)
	}
	by, totals, err := d.trades(t)
	if err != nil {
		t.Fatal(err)
	}
	const paid app.Money = 10000 + 25050 + 33333
	want := channel.BillSums{
		Rows: 4, Payments: 3, Refunds: 1, Amount: paid, Settlement: paid, Refunded: 5010, RefundedSettlement: 5010, Fee: d.fees().Millifen(),
	}
	if totals.Summed != want || len(totals.Says) == 0 || totals.Differences() != nil {
		t.Errorf("totals %+v, want %+v; differ by %+v", totals, want, totals.Differences())
	}
	for _, r := range d.orders {
		d.checkLine(t, by[r.Number], channel.LinePayment, r, r.Amount)
	}
	back := by[d.refund.Number]
	d.checkLine(t, back, channel.LineRefund, d.orders[1], d.refund.Amount)
	if back[0].RefundState != channel.RefundSucceeded {
		t.Errorf("the refund is %s", back[0].RefundState)
	}
}

func (d *tradingDay) checkLine(t *testing.T, lines []channel.BillLine, kind channel.LineKind, r channel.PayRequest, amount app.Money) {
	t.Helper()
	if len(lines) != 1 {
		t.Fatalf("%d lines of %s", len(lines), r.Number)
	}
	l := lines[0]
	if l.Kind != kind || l.Number != r.Number || l.Amount != amount || l.ChannelTradeNo == "" || l.RawState == "" || l.Subject == "" {
		t.Errorf("%+v does not match %+v", l, r)
	}
	if l.AppID != "" && l.AppID != r.AppID {
		t.Errorf("of app %s, want %s", l.AppID, r.AppID)
	}
	if l.HasRate && l.Rate != 6000 || l.Fee.Round() != app.Rate(6000).Fee(amount) {
		t.Errorf("%s at %s of %s", l.Fee.Yuan(), l.Rate, amount)
	}
	if l.At.Before(d.begun) || l.At.After(time.Now().Add(time.Second)) {
		t.Errorf("at %v, want about now", l.At)
	}
}

// testFundsBill: what moved the balance is what the trades say.
func testFundsBill(t *testing.T, d *tradingDay) {
	if d.Driver.Name() == app.WeChat && d.SubIdentity != "" {
		_, _, err := d.download(t, channel.BillFunds)
		wantKind(t, err, channel.KindNoBill)
		var said *channel.Error
		if !errors.As(err, &said) || said.Code != channel.CodeNoSuchBill {
			t.Errorf("%v, want %s", err, channel.CodeNoSuchBill)
		}
		return
	}
	lines, f := d.funds(t)
	const paid app.Money = 10000 + 25050 + 33333
	if f.ByKind[channel.FundPayment] != paid || f.ByKind[channel.FundRefund] != -5010 || f.ByKind[channel.FundFee] != -d.fees() || f.ByKind[channel.FundOther] != 0 {
		t.Errorf("by kind %v, fees %v", f.ByKind, d.fees())
	}
	if !f.HasBalance || f.Opening+f.Movement() != f.Closing || f.Breaks != 0 || f.Movement() != paid-5010-d.fees() || f.Differences() != nil {
		t.Errorf("totals %+v, differ by %+v", f, f.Differences())
	}
	if len(lines) != 8 {
		t.Errorf("%d lines, want a movement and a fee of each", len(lines))
	}
}

// testNoBill: a day on which nothing moved is not one whose bill is to come.
func testNoBill(t *testing.T, d *tradingDay) {
	for _, kind := range []channel.BillKind{channel.BillTrades, channel.BillFunds} {
		_, err := d.client.(channel.BillDownloader).DownloadBill(t.Context(), channel.BillRequest{Kind: kind, Day: d.day.Add(-10)}, io.Discard)
		wantKind(t, err, channel.KindNoBill)
	}
	foreign := d.open(t, d.Foreign)
	_, err := foreign.(channel.BillDownloader).DownloadBill(t.Context(), channel.BillRequest{Kind: channel.BillTrades, Day: d.day}, io.Discard)
	if kind := channel.KindOf(err); kind != channel.KindRefused && kind != channel.KindUnknown {
		t.Errorf("with a key the channel does not know: %v", err)
	}
}
