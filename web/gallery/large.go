package gallery

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// largest is more than a shop takes, and must fit everywhere all the same.
const largest app.Money = 12_345_678_90

// largePages are the pages of money with the longest names and numbers that they
// meet.
func largePages() []Page {
	return []Page{
		{"home-large", func(ctx context.Context, s layout.Shell) templ.Component {
			v := home(ctx, longNamed(ctx, s))
			grow(&v.Overview.Now)
			grow(&v.Overview.Before)
			for _, rows := range [][]pages.FigureRow{v.Overview.Channels, v.Overview.Methods, v.Overview.Accounts} {
				for i := range rows {
					grow(&rows[i].Figures)
				}
			}
			v.Overview.Accounts[0].Name = longName(ctx)
			v.Latest = largePayments(ctx)
			return pages.HomePage(v)
		}},
		{"payments-large", func(ctx context.Context, s layout.Shell) templ.Component {
			v := paymentList(ctx, longNamed(ctx, s), pages.PaymentFilters{Period: thirtyDays(ctx), Min: "12345678.90"}, 0)
			v.Rows, v.Pager.Shown = largePayments(ctx), len(largePayments(ctx))
			v.Totals = &pages.PaymentTotals{Count: 1_204_881, Succeeded: 1_150_402, Amount: 98 * largest, Refunded: largest}
			return pages.PaymentsPage(v)
		}},
		{"payment-large", func(ctx context.Context, s layout.Shell) templ.Component {
			v := paidPayment(ctx, longNamed(ctx, s))
			v.Amount, v.PayerAmount, v.SettlementAmount, v.RefundLeft = largest, largest, largest, largest-1
			v.OrderNo, v.Subject, v.AccountName, v.CanSync = longNumber, longSubject(ctx), longName(ctx), true
			v.Billed, v.Fee, v.Net, v.Rate = true, 74_074_07, largest-74_074_07, "0.60%"
			v.Metadata = append(v.Metadata, pages.Pair{Name: "delivery_address_of_the_customer", Value: longSubject(ctx) + " " + longNumber})
			v.Timeline = slices.Clone(v.Timeline)
			v.Timeline[0].Args = map[string]string{"order_no": longNumber, "method": "wechat_native"}
			return pages.PaymentPage(v)
		}},
		{"reconcile-day-large", func(ctx context.Context, s layout.Shell) templ.Component {
			v := reconcileDay(ctx, longNamed(ctx, s))
			for i := range v.Rows {
				r := &v.Rows[i]
				r.Ours = pages.DaySide{Payments: 1_204_881, Refunds: 1_022, Gross: largest, Refunded: largest / 9}
				r.Theirs = pages.DaySide{Payments: 1_204_882, Refunds: 1_022, Gross: largest, Refunded: largest / 9, Fee: 74_074_070_00, Net: largest - 74_074_07}
				r.State, r.Compared, r.Handler, r.Reviewer = "settled", true, finance, owner
				r.Exceptions, r.Difference = 12, -largest/4
			}
			return pages.ReconcileDayPage(v)
		}},
	}
}

const longNumber = "ERP-SHANXI-PINGYAO-STORE-0017-20261123-000000000000084213-REV-02"

func longSubject(ctx context.Context) string {
	return word(ctx, "祁门红茶特级礼盒 250 克（含定制木盒、手提袋与贺卡，企业采购第三批，发往太原、大同、临汾三地门店）",
		"Keemun black tea, gift boxes with engraved wooden cases, bags and cards, third corporate batch for the Taiyuan, Datong and Linfen stores")
}

func longName(ctx context.Context) string {
	return word(ctx, "山西晋祥茶业股份有限公司平遥古城南大街旗舰店微信收款主账户", "Shanxi Jinxiang Tea Holdings, Pingyao old town flagship store, main WeChat account")
}

func longNamed(ctx context.Context, s layout.Shell) layout.Shell {
	s = live(s)
	s.Merchant.Name = word(ctx, "山西晋祥茶业股份有限公司（平遥古城旗舰店）", "Shanxi Jinxiang Tea Holdings Limited, Pingyao flagship store")
	s.User.Name = word(ctx, "财务中心资金结算负责人", "Head of treasury and settlement")
	return s
}

func grow(f *pages.Figures) {
	f.Created, f.Succeeded, f.Amount, f.Refunded = 4_000*f.Created, 4_000*f.Succeeded, 2_000*f.Amount, 20_000*f.Refunded
}

func largePayments(ctx context.Context) []pages.PaymentRow {
	rows := paymentRows(ctx, 6)
	for i := range rows {
		rows[i].OrderNo, rows[i].Subject = longNumber[:len(longNumber)-7*i], longSubject(ctx)
		rows[i].Amount = largest - app.Money(i)
		rows[i].CreatedAt = noon.Add(-time.Duration(i) * time.Minute)
	}
	rows[0].Refunded, rows[1].Refunded, rows[1].Late = largest-1, largest-3, true
	return rows
}
