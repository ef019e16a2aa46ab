package channeltest

import (
	"bytes"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// testBills trades for a while and then reads what the channel's bills say of it,
// true and with each of the sandbox's faults.
func testBills(t *testing.T, h *Harness) {
	d := h.trade(t)
	if app.DayOf(time.Now()) != d.day { // midnight in Beijing went by: once more
		d = h.trade(t)
	}
	t.Run("trades", func(t *testing.T) { testTradesBill(t, d) })
	t.Run("funds", func(t *testing.T) { testFundsBill(t, d) })
	t.Run("faults", func(t *testing.T) { testBillFaults(t, d) })
	t.Run("absent", func(t *testing.T) { testNoBill(t, d) })
}

// tradingDay is what was paid and given back today.
type tradingDay struct {
	*Harness
	client channel.Client
	day    app.Day
	begun  time.Time
	orders []channel.PayRequest // all paid
	refund channel.RefundRequest
}

func (h *Harness) trade(t *testing.T) *tradingDay {
	t.Helper()
	d := &tradingDay{Harness: h, client: h.open(t, h.Account), begun: time.Now().Add(-2 * time.Second)}
	d.day = app.DayOf(time.Now())
	for _, amount := range []app.Money{10000, 25050, 33333} {
		r := h.order()
		r.Amount = amount
		h.Pay(t, h.place(t, d.client, r))
		h.Next(t)
		d.orders = append(d.orders, r)
	}
	d.refund = channel.RefundRequest{
		Number: app.NewID(app.PrefixRefund, time.Now()), PaymentNumber: d.orders[1].Number, Amount: 5010, Total: 25050,
		Currency: app.CNY, Reason: "少发了, 一罐", NotifyURL: h.NotifyURL(),
	}
	if _, err := d.client.Refund(t.Context(), d.refund); err != nil {
		t.Fatal(err)
	}
	d.arrived(t)
	return d
}

// arrived waits until the refund has succeeded.
func (d *tradingDay) arrived(t *testing.T) {
	t.Helper()
	for range 500 {
		got, err := d.client.QueryRefund(t.Context(), channel.RefundLookup{Number: d.refund.Number, PaymentNumber: d.refund.PaymentNumber})
		if err != nil {
			t.Fatal(err)
		}
		if got.State == channel.RefundSucceeded {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the refund does not arrive")
}

// download fetches a file of the day.
func (d *tradingDay) download(t *testing.T, kind channel.BillKind) (channel.BillFile, channel.BillSource, error) {
	t.Helper()
	var raw bytes.Buffer
	file, err := d.client.(channel.BillDownloader).DownloadBill(t.Context(), channel.BillRequest{Kind: kind, Day: d.day}, &raw)
	if err == nil && file.Size != int64(raw.Len()) {
		t.Errorf("%d bytes, said to be %d", raw.Len(), file.Size)
	}
	return file, Source(raw.Bytes(), file.Format, channel.BillSource{Day: d.day, Identity: d.Identity, SubIdentity: d.SubIdentity}), err
}

func (d *tradingDay) reader() channel.BillReader { return d.Driver.(channel.BillReader) }

// trades reads the day's trades.
func (d *tradingDay) trades(t *testing.T) (map[string][]channel.BillLine, channel.BillTotals, error) {
	t.Helper()
	_, s, err := d.download(t, channel.BillTrades)
	if err != nil {
		return nil, channel.BillTotals{}, err
	}
	lines, totals, err := Trades(d.reader(), s)
	by := map[string][]channel.BillLine{}
	for _, l := range lines {
		number := l.Number
		if l.Kind == channel.LineRefund {
			number = l.RefundNumber
		}
		by[number] = append(by[number], l)
	}
	return by, totals, err
}

func (d *tradingDay) funds(t *testing.T) ([]channel.FundLine, channel.FundTotals) {
	t.Helper()
	_, s, err := d.download(t, channel.BillFunds)
	if err != nil {
		t.Fatal(err)
	}
	lines, totals, err := Funds(d.reader(), s)
	if err != nil {
		t.Fatal(err)
	}
	return lines, totals
}

// fees are what the channel takes for the day, less what it gives back.
func (d *tradingDay) fees() app.Money {
	const rate app.Rate = 6000 // the sandbox's, unless told
	fees := -rate.Fee(d.refund.Amount)
	for _, r := range d.orders {
		fees += rate.Fee(r.Amount)
	}
	return fees
}
