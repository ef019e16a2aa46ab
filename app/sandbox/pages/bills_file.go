package pages

import (
	"bufio"
	"compress/gzip"
	"context"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/alipay"
	"github.com/piaohao/piaohao/app/sandbox/trade"
	"github.com/piaohao/piaohao/app/sandbox/wechat"
)

// billPath leads to the page of a merchant's day, with further parameters in
// pairs.
func billPath(path string, channel app.Channel, account string, day app.Day, more ...string) string {
	q := url.Values{"channel": {string(channel)}, "account": {account}, "day": {string(day)}}
	for i := 0; i < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return path + "?" + q.Encode()
}

// billFile downloads a file as the channel gives it out, published or not.
func (p *Pages) billFile(c *fiber.Ctx) error {
	channel, kind, packed := channelOf(c.Query("channel")), c.Query("file"), c.Query("tar") == "GZIP"
	if !slices.ContainsFunc(billFiles(channel), func(l billFileLink) bool { return l.Kind == kind && (l.GZIP || !packed) }) {
		return p.fail(c, app.Errorf(app.NotFound, "the channel has no bill %q", kind))
	}
	funds := kind == wechat.FileFunds || kind == alipay.BillFunds
	ctx := context.WithoutCancel(c.UserContext()) // it is written when the handler has returned
	b, err := p.previewBill(ctx, channel, c.Query("account"), app.Day(c.Query("day")), funds)
	if err != nil {
		return p.fail(c, err)
	}
	name, write := wechatFile(b, kind, packed)
	if channel == app.Alipay {
		name = alipay.BillName(b)
		write = func(ctx context.Context, w io.Writer) error { return alipay.WriteBill(ctx, w, b, kind) }
	}
	c.Set(fiber.HeaderContentType, "application/octet-stream")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		if err := write(ctx, w); err != nil {
			p.cfg.Logger.ErrorContext(ctx, "sandbox page: bill", "merchant", b.Holder(), "day", string(b.Day), "error", err)
		}
	})
	return nil
}

// wechatFile names a file as people keep it, for WeChat names none.
func wechatFile(b *trade.Bill, kind string, packed bool) (name string, write func(context.Context, io.Writer) error) {
	name = "wechat_" + b.Holder() + "_" + b.Day.Compact() + "_" + strings.ToLower(kind) + ".csv"
	if !packed {
		return name, func(ctx context.Context, w io.Writer) error { return wechat.WriteBill(ctx, w, b, kind) }
	}
	return name + ".gz", func(ctx context.Context, w io.Writer) error {
		z := gzip.NewWriter(w)
		if err := wechat.WriteBill(ctx, z, b, kind); err != nil {
			return err
		}
		return z.Close()
	}
}

// planBillFault plans what will be wrong with the day's bill.
func (p *Pages) planBillFault(c *fiber.Ctx) error {
	plan := trade.BillPlan{
		Channel: app.Channel(c.FormValue("channel")), Account: c.FormValue("account"), Day: app.Day(c.FormValue("day")),
		Fault: trade.BillFault(c.FormValue("fault")), Number: strings.TrimSpace(c.FormValue("number")),
	}
	var err error
	if plan.Fault.OfRows() || plan.Fault == trade.NotReady {
		plan.Count, err = formNumber(c, "count")
	} else {
		plan.Number = ""
	}
	if plan.Fault.HasDelta() && err == nil {
		plan.Delta, err = formNumber(c, "delta")
	}
	if !plan.Fault.OfRows() {
		plan.Number = ""
	}
	if plan.Number != "" {
		plan.Count = 1
	}
	if err == nil {
		_, err = p.cfg.Trades.PlanBillFault(c.UserContext(), plan)
	}
	if err != nil {
		return p.fail(c, err)
	}
	return c.Redirect(billPath("/sandbox/bills", plan.Channel, plan.Account, plan.Day), fiber.StatusSeeOther)
}

// formNumber reads a whole number, 0 for an empty field.
func formNumber(c *fiber.Ctx, field string) (int64, error) {
	text := strings.TrimSpace(c.FormValue(field))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, app.InvalidField(field, "malformed", "%s %q is not a whole number", field, text)
	}
	return n, nil
}

// cancelBillFault withdraws one fault, or all of the day.
func (p *Pages) cancelBillFault(c *fiber.Ctx) error {
	ctx, account, day := c.UserContext(), c.FormValue("account"), app.Day(c.FormValue("day"))
	var err error
	if id := c.FormValue("fault"); id != "" {
		err = p.cfg.Trades.CancelBillFault(ctx, id)
	} else if account == "" || day == "" {
		err = app.InvalidField("account", "required", "whose and which day's faults to cancel is not said")
	} else {
		_, err = p.cfg.Trades.CancelBillFaults(ctx, account, day)
	}
	if err != nil {
		return p.fail(c, err)
	}
	return c.Redirect(billPath("/sandbox/bills", app.Channel(c.FormValue("channel")), account, day), fiber.StatusSeeOther)
}
