package pages

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/alipay"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/sandbox/wechat"
)

// billRowsShown bounds the rows and the movements on the page; the sums are of
// all.
const billRowsShown = 200

// billFaultGroup is a list of faults of one subject; Name keys its title.
type billFaultGroup struct {
	Name   string
	Faults []trade.BillFault
}

// billFaultGroups sorts every fault of bills by what is wrong. A test holds it
// together with the list.
func billFaultGroups() []billFaultGroup {
	return []billFaultGroup{
		{"rows", []trade.BillFault{
			trade.MissingRow, trade.ExtraRow, trade.DuplicateRow, trade.WrongAmount, trade.WrongFee, trade.WrongRate, trade.WrongStatus,
		}},
		{"file", []trade.BillFault{
			trade.WrongSummary, trade.WrongHash, trade.TruncatedBill, trade.WrongAccount, trade.WrongDay, trade.NotReady,
		}},
		{"funds", []trade.BillFault{trade.FundsMissingRow, trade.FundsAmount}},
	}
}

// billsView is a merchant's day as its channel's files have it.
type billsView struct {
	Channel   app.Channel
	Accounts  []trade.BillAccount
	Account   string // empty when the channel has no merchant
	Day       app.Day
	Published string
	Files     []billFileLink
	Rows      []trade.BillRow
	Sums      billSums
	Movements []trade.Movement
	Funds     fundSums
	Plans     []trade.BillPlan
	Picked    map[string][]trade.BillFault // by what they picked
	Groups    []billFaultGroup             // what the channel's bills can show
	Number    string                       // of the row to plan for, chosen before
}

// billSums are the trades' of a day, in fen. Fees are taken less given back.
type billSums struct {
	Payments, Refunds    int
	Paid, Refunded, Fees app.Money
}

// fundSums are the movements' of a day, in fen.
type fundSums struct {
	Count            int
	Opening, Closing app.Money
}

func (p *Pages) bills(c *fiber.Ctx) error {
	v := billsView{Channel: channelOf(c.Query("channel")), Account: c.Query("account"), Number: c.Query("number")}
	today := app.DayOf(p.cfg.Trades.Now())
	v.Day = app.Day(cmp.Or(c.Query("day"), string(today)))
	if err := p.fillBills(c.UserContext(), &v); err != nil {
		return p.fail(c, err)
	}
	return p.render(c, fiber.StatusOK, billsPage(p.frame(c), v))
}

func (p *Pages) fillBills(ctx context.Context, v *billsView) error {
	var err error
	if v.Accounts, err = p.cfg.Trades.BillAccounts(ctx, v.Channel, merchantsShown); err != nil {
		return err
	}
	if v.Account == "" && len(v.Accounts) > 0 {
		v.Account = v.Accounts[0].ID
	}
	if v.Account == "" {
		return nil
	}
	can := trade.BillFaultsOf(v.Channel)
	for _, g := range billFaultGroups() {
		g.Faults = slices.DeleteFunc(g.Faults, func(f trade.BillFault) bool { return !slices.Contains(can, f) })
		v.Groups = append(v.Groups, g)
	}
	b, err := p.previewBill(ctx, v.Channel, v.Account, v.Day, false)
	if err != nil {
		return err
	}
	v.Published = moment(app.ToMillis(trade.PublishedAt(v.Channel, v.Day)))
	v.Files = billFiles(v.Channel)
	if err := v.read(ctx, b); err != nil {
		return err
	}
	if v.Plans, err = p.cfg.Trades.BillPlans(ctx, v.Account, v.Day); err != nil {
		return err
	}
	v.Picked = map[string][]trade.BillFault{}
	for _, plan := range v.Plans {
		for _, key := range plan.Picked {
			v.Picked[key] = append(v.Picked[key], plan.Fault)
		}
	}
	return nil
}

// previewBill opens a bill, whether the channel has published it or not.
func (p *Pages) previewBill(ctx context.Context, channel app.Channel, account string, day app.Day, funds bool) (*trade.Bill, error) {
	q, err := p.cfg.Trades.BillQueryOf(ctx, channel, account, day)
	if err != nil {
		return nil, err
	}
	q.Funds = funds
	return p.cfg.Trades.PreviewBill(ctx, q)
}

// read sums the bill up and keeps its first rows.
func (v *billsView) read(ctx context.Context, b *trade.Bill) error {
	if err := b.Rows(ctx, func(r trade.BillRow) error {
		v.Sums.add(r)
		if len(v.Rows) < billRowsShown {
			v.Rows = append(v.Rows, r)
		}
		return nil
	}); err != nil {
		return err
	}
	var err error
	if v.Funds.Opening, err = b.Opening(ctx); err != nil {
		return err
	}
	v.Funds.Closing = v.Funds.Opening
	return b.Movements(ctx, func(m trade.Movement) error {
		v.Funds.Count++
		v.Funds.Closing = m.Balance
		if len(v.Movements) < billRowsShown {
			v.Movements = append(v.Movements, m)
		}
		return nil
	})
}

func (s *billSums) add(r trade.BillRow) {
	if r.Kind == trade.RowRefund {
		s.Refunds++
		s.Refunded += r.Amount
		s.Fees -= r.Fee
		return
	}
	s.Payments++
	s.Paid += r.Amount
	s.Fees += r.Fee
}

// billFileLink is a file to download; Name keys its title.
type billFileLink struct {
	Name string
	Kind string // as the channel calls it
	GZIP bool
}

func billFiles(channel app.Channel) []billFileLink {
	if channel == app.Alipay {
		return []billFileLink{{Name: "trade", Kind: alipay.BillTrades}, {Name: "signcustomer", Kind: alipay.BillFunds}}
	}
	var files []billFileLink
	for _, f := range []billFileLink{
		{Name: "all", Kind: wechat.FileAll}, {Name: "success", Kind: wechat.FileSuccess}, {Name: "refund", Kind: wechat.FileRefund}, {Name: "funds", Kind: wechat.FileFunds},
	} {
		files = append(files, f, billFileLink{Name: f.Name, Kind: f.Kind, GZIP: true})
	}
	return files
}

// faultsOf are what is planned for a row that is shown.
func (v billsView) faultsOf(r trade.BillRow) []trade.BillFault {
	return v.Picked[cmp.Or(r.Refund.ID, r.Trade.ID)]
}

// rowNumber is what a fault names the row by.
func rowNumber(r trade.BillRow) string {
	return cmp.Or(r.Refund.OutRefundNo, r.Trade.OutTradeNo)
}

func (w words) rowBadge(r trade.BillRow) badge {
	switch {
	case r.Revoked:
		return badge{w.RowRevoked, "attention"}
	case r.Kind == trade.RowPayment:
		return badge{w.RowPayment, "good"}
	case r.State == trade.RefundSucceeded:
		return badge{w.RowRefund, "closed"}
	}
	b := w.refundBadge(r.State)
	return badge{w.RowRefund + " · " + b.Word, b.Class}
}

func (f frame) billFaultNames(faults []trade.BillFault) string {
	names := make([]string, len(faults))
	for i, fault := range faults {
		names[i] = f.W.BillFaultNames[string(fault)]
	}
	return strings.Join(names, ", ")
}

// maxBillCount is how many rows one fault of the page takes.
const maxBillCount = 1000

// planDetail says which rows a plan has, and by how much its figure is wrong.
func (f frame) planDetail(p trade.BillPlan) string {
	var parts []string
	if p.Number != "" {
		parts = append(parts, p.Number)
	}
	if p.Fault.OfRows() {
		parts = append(parts, fmt.Sprintf(f.W.PickedOf, len(p.Picked), p.Count))
	} else if p.Fault == trade.NotReady {
		parts = append(parts, fmt.Sprintf(f.W.PickedOf, p.Used, p.Count))
	}
	switch {
	case p.Delta == 0:
	case p.Fault == trade.WrongRate:
		parts = append(parts, signed(p.Delta, app.Rate(max(p.Delta, -p.Delta)).String()))
	case p.Fault == trade.ExtraRow:
		parts = append(parts, app.Money(p.Delta).String())
	default:
		parts = append(parts, signed(p.Delta, app.Money(max(p.Delta, -p.Delta)).String()))
	}
	return strings.Join(parts, " · ")
}

func signed(n int64, size string) string {
	if n < 0 {
		return "−" + size
	}
	return "+" + size
}
