package bench

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/oklog/ulid/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const (
	billedMerchant = "mch_01KAT0000000000000000BENCH"
	billedAccount  = "acct_01KAT0000000000000000BENCH"
	billedIdentity = "1900000001"
	billedRate     = app.Rate(6000)
)

// billedDay makes up a day of trade: its books in the database, and its bill as
// WeChat would write it. Every twentieth line is a refund; of every thousand
// lines one stands in the bill alone and another has another amount there.
type billedDay struct {
	day   app.Day
	lines int
}

const (
	refundEvery  = 20
	missingEvery = 1000 // from the fifth on
	amountEvery  = 1000 // from the eighth on
)

func (b billedDay) refund(i int) bool  { return i%refundEvery == refundEvery-1 }
func (b billedDay) missing(i int) bool { return i%missingEvery == 5 }
func (b billedDay) spoilt(i int) bool  { return i%amountEvery == 8 }

// planted is how many differences there are.
func (b billedDay) planted() (n int64) {
	for i := range b.lines {
		if b.missing(i) || b.spoilt(i) {
			n++
		}
	}
	return n
}

// trade is what both sides know of a line. A refund is of the order before it.
type billedTrade struct {
	at                time.Time
	number, channelNo string
	order, orderNo    string // of a refund; otherwise the same
	payment           string
	amount            app.Money
}

// mixed scatters an index over 64 bits (splitmix64).
func mixed(i uint64) uint64 {
	z := i*0x9e3779b97f4a7c15 + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (b billedDay) id(prefix string, i int, at time.Time) string {
	var id ulid.ULID
	_ = id.SetTime(ulid.Timestamp(at)) // fails from the year 10889 on
	binary.BigEndian.PutUint64(id[8:], mixed(uint64(i)<<8|uint64(prefix[0])))
	return prefix + id.String()
}

func (b billedDay) trade(i int) billedTrade {
	random := mixed(uint64(i))
	at := b.day.Start().Add(time.Duration(int64(24*time.Hour) / int64(b.lines) * int64(i)))
	ordered := at.Add(-time.Duration(random%90_000) * time.Millisecond) // payers take their time
	t := billedTrade{
		at: at, number: b.id(app.PrefixAttempt, i, ordered), channelNo: fmt.Sprintf("4200%016d%08d", random%1e16, i),
		payment: b.id(app.PrefixPayment, i, ordered), amount: app.Money(random>>32%100_000 + 1),
	}
	t.order, t.orderNo = t.number, t.channelNo
	if b.refund(i) {
		sold := b.trade(i - 1)
		t.order, t.orderNo, t.payment, t.amount = sold.order, sold.orderNo, sold.payment, sold.amount
		t.number, t.channelNo = b.id(app.PrefixRefund, i, at), fmt.Sprintf("5030%016d%08d", random%1e16, i)
	}
	return t
}

// book stores the day's paid attempts and accepted refunds.
func (b billedDay) book(ctx context.Context, d *db.DB) error {
	const atOnce = 10_000 // a commit for each chunk of rows would take most of the time
	for from := 0; from < b.lines; from += atOnce {
		attempts, refunds := b.rows(from, min(from+atOnce, b.lines))
		err := d.InTx(ctx, func(tx *db.Tx) error {
			if err := db.InsertRows(ctx, tx, insertBilledAttempt, attempts); err != nil {
				return err
			}
			return db.InsertRows(ctx, tx, insertBilledRefund, refunds)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b billedDay) rows(from, to int) (attempts, refunds [][]any) {
	for i := from; i < to; i++ {
		if b.missing(i) {
			continue
		}
		t := b.trade(i)
		at := app.ToMillis(t.at)
		if b.refund(i) {
			refunds = append(refunds, []any{t.number, billedMerchant, t.payment, t.order, billedAccount, billedIdentity, t.number, t.amount, t.number, t.channelNo, at, at, at, at, at})
		} else {
			attempts = append(attempts, []any{t.number, t.payment, billedMerchant, billedAccount, billedIdentity, t.amount, t.channelNo, at, at, at, t.amount})
		}
	}
	return attempts, refunds
}

const (
	insertBilledAttempt = `INSERT INTO attempts (mode, channel, app_id, method, status, action, error_code, error_message, request, queries, last_query_at, next_query_at, lease_owner, lease_until,
 id, payment_id, merchant_id, account_id, identity, amount, channel_trade_no, created_at, expires_at, paid_at, settlement_amount)
 VALUES ('live', 'wechat', 'wx8888888888888888', 'wechat_native', 'succeeded', '', '', '', '{}', 1, 0, 0, '', 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	insertBilledRefund = `INSERT INTO refunds (mode, channel, order_no, status, currency, reason, source, requested_kind, requested_id, requested_name, approval_id, error_code, error_message, request,
 sends, sent_at, queries, last_query_at, next_query_at, lease_owner, lease_until, version,
 id, merchant_id, payment_id, attempt_id, account_id, identity, refund_no, amount, number, channel_refund_no, created_at, updated_at, accepted_at, succeeded_at, booked_at)
 VALUES ('live', 'wechat', '', 'succeeded', 'CNY', '', 'api', '', '', '', '', '', '', '{}', 1, 0, 1, 0, 0, '', 0, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

const billHead = "\ufeff交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额," +
	"微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注\r\n"

// write writes the bill of type ALL, packed.
func (b billedDay) write(path string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	zip := gzip.NewWriter(file)
	out := bufio.NewWriterSize(zip, 1<<16)
	if _, err := out.WriteString(billHead); err != nil {
		return err
	}
	var gross, refunded app.Money
	var fees app.Millifen
	for i := range b.lines {
		t := b.trade(i)
		if b.spoilt(i) {
			t.amount++
		}
		fee := billedRate.Fee(t.amount).Millifen()
		if b.refund(i) {
			refunded += t.amount
			fee = -fee
		} else {
			gross += t.amount
		}
		fees += fee
		if err := b.row(out, i, t, fee); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`%d,`%s,`%s,`0.00,`%s,`%s,`%s\r\n",
		b.lines, gross.Yuan(), refunded.Yuan(), fees.Yuan(), gross.Yuan(), refunded.Yuan())
	return errors.Join(out.Flush(), zip.Close())
}

func (b billedDay) row(out io.Writer, i int, t billedTrade, fee app.Millifen) error {
	paid, back, state, refund, kind := t.amount.Yuan(), "0.00", "SUCCESS", "`0,`0", "`,`"
	if b.refund(i) {
		paid, back, state, kind = back, paid, "REFUND", "`ORIGINAL,`SUCCESS"
		refund = "`" + t.channelNo + ",`" + t.number
	}
	payer := strconv.FormatUint(mixed(uint64(i)^1), 36)
	_, err := fmt.Fprintf(out, "`%s,`wx8888888888888888,`%s,`0,`,`%s,`%s,`oUpF8u%022s,`NATIVE,`%s,`OTHERS,`CNY,`%s,`0.00,%s,`%s,`0.00,%s,`票号茶庄 龙井一罐,`,`%s,`%s,`%s,`%s,`\r\n",
		t.at.Format(time.DateTime), billedIdentity, t.orderNo, t.order, payer, state, paid, refund, back, kind, fee.Yuan(), billedRate, paid, back)
	return err
}
