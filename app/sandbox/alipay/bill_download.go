package alipay

import (
	"archive/zip"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// Download answers GET of a bill's address, which nobody signs.
func (g *Gateway) Download(c *fiber.Ctx) error {
	f, err := g.readToken(c.UserContext(), c.Query("fileId"))
	if app.Is(err, app.NotFound) {
		return c.Status(fiber.StatusNotFound).SendString("the address of this bill is not valid, or no longer")
	}
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(c.UserContext()) // it is written when the handler has returned
	b, err := g.trades.OpenBill(ctx, f.query())
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "application/zip")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+BillName(b)+`"`)
	from, to := io.Pipe()
	go func() { _ = to.CloseWithError(g.packBill(ctx, to, b, f.Type)) }()
	c.Context().Response.SetBodyStream(trade.Steady(from, c.Context().Conn()), -1)
	return nil
}

// packBill is WriteBill for a client that may leave.
func (g *Gateway) packBill(ctx context.Context, w io.Writer, b *trade.Bill, kind string) error {
	err := WriteBill(ctx, w, b, kind)
	if err != nil && !errors.Is(err, io.ErrClosedPipe) {
		g.logger.ErrorContext(ctx, "sandbox: alipay bill", "merchant", b.Holder(), "day", string(b.Day), "error", err)
	}
	return err
}

// BillName is what the file of a day is called.
func BillName(b *trade.Bill) string { return ownerOf(b).zipName() }

// WriteBill writes a day's file as the channel gives it out: a zip whose names
// and contents are in GBK. The kind is BillTrades or BillFunds.
func WriteBill(ctx context.Context, w io.Writer, b *trade.Bill, kind string) error {
	z := &billZip{Writer: zip.NewWriter(w), bill: b, owner: ownerOf(b)}
	if kind == BillFunds {
		if err := z.file("账务明细", func(w io.Writer) error { return writeFunds(ctx, w, b, z.owner) }); err != nil {
			return err
		}
		return z.Close()
	}
	if b.Flaws.WrongHash {
		z.RegisterCompressor(zip.Deflate, altering)
	}
	var sums billSums
	if err := z.file("业务明细", func(w io.Writer) (err error) {
		sums, err = writeDetail(ctx, w, b, z.owner)
		return err
	}); err != nil {
		return err
	}
	if err := z.file("业务明细(汇总)", func(w io.Writer) error { return writeSummary(w, b, z.owner, sums) }); err != nil {
		return err
	}
	return z.Close()
}

// billZip is the file that is given out.
type billZip struct {
	*zip.Writer
	bill  *trade.Bill
	owner owner
}

// file adds one of the files in it.
func (z *billZip) file(name string, write func(io.Writer) error) error {
	raw, err := inGBK(z.owner.account() + "_" + z.owner.Day.Compact() + "_" + name + ".csv")
	if err != nil {
		return fmt.Errorf("name %s: %w", name, err)
	}
	w, err := z.CreateHeader(&zip.FileHeader{
		Name: raw, NonUTF8: true, Method: zip.Deflate, Modified: z.bill.At.Time().In(app.Beijing),
	})
	if err == nil {
		err = write(w)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// altering packs other bytes than it is given, so that the zip's checksum, which
// is of what it was given, does not fit.
func altering(w io.Writer) (io.WriteCloser, error) {
	z, err := flate.NewWriter(w, flate.DefaultCompression)
	return &altered{WriteCloser: z}, err
}

type altered struct {
	io.WriteCloser
	done bool
}

// Write alters the first byte.
func (a *altered) Write(p []byte) (int, error) {
	if a.done || len(p) == 0 {
		return a.WriteCloser.Write(p)
	}
	a.done = true
	other := append([]byte{p[0] ^ 1}, p[1:]...)
	return a.WriteCloser.Write(other)
}
