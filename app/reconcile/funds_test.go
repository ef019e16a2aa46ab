package reconcile

import (
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// A day of 1,000.00 in payments with 6.00 of fees, 100.00 given back with 0.60 of
// them, of which 50.00 was closed.
func day(t *testing.T) tradeSums {
	t.Helper()
	trades := tradeSums{roundedFee: 540, back: 60_000, roundedBack: 60, closed: 5000, closedFee: 30_000, closedRoundedFee: 30}
	trades.Settlement, trades.RefundedSettlement, trades.Fee = 1000_00, 100_00, 540_000
	return trades
}

func TestABalanceMayBookRefundsWithTheirFeesOrApart(t *testing.T) {
	for name, c := range map[string]struct {
		payments, refunds, fees app.Money
		want                    int
	}{
		"apart":                                    {1000_00, -100_00, -540, 0},
		"apart, the closed one taken back":         {1000_00, -50_00, -570, 0},
		"net of the fees given back":               {1000_00, -99_40, -600, 0},
		"net, the closed one taken back":           {1000_00, -49_70, -600, 0},
		"a refund is a fen off":                    {1000_00, -100_01, -540, 1},
		"net, and a fee is a fen off":              {1000_00, -99_40, -601, 2},
		"a payment is missing, the fees make up":   {999_00, -100_00, -440, 2},
		"net, and a payment is missing":            {999_00, -99_40, -600, 1},
		"a refund and a fee are wrong by the same": {1000_00, -100_50, -490, 2},
	} {
		found := movements(day(t), channel.FundTotals{ByKind: map[channel.FundKind]app.Money{
			channel.FundPayment: c.payments, channel.FundRefund: c.refunds, channel.FundFee: c.fees,
		}})
		if len(found) != c.want {
			t.Errorf("%s: %d findings, want %d: %+v", name, len(found), c.want, found)
		}
	}
}
