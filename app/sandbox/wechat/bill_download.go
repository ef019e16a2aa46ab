package wechat

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// downloadBill: GET /v3/billdownload/file?token. The request is signed, the
// answer is the bare file. https://pay.weixin.qq.com/doc/v3/merchant/4012791909
func (g *Gateway) downloadBill(c *call) (answer, error) {
	r, err := g.readToken(c)
	if err != nil {
		return answer{}, err
	}
	ctx := context.WithoutCancel(c.UserContext()) // it is written when the handler has returned
	return answer{send: func(web *fiber.Ctx) error {
		web.Set(fiber.HeaderContentType, "text/plain; charset=utf-8")
		if r.GZIP {
			web.Set(fiber.HeaderContentType, "application/gzip")
		}
		from, to := io.Pipe()
		go func() { _ = to.CloseWithError(g.packBill(ctx, r, to)) }()
		web.Context().Response.SetBodyStream(trade.Steady(from, web.Context().Conn()), -1)
		web.Status(http.StatusOK)
		return nil
	}}, nil
}

// packBill writes the file as it was asked for.
func (g *Gateway) packBill(ctx context.Context, r billRequest, w io.Writer) error {
	buffered := bufio.NewWriterSize(w, 32<<10)
	out, finish := io.Writer(buffered), func() error { return nil }
	if r.GZIP {
		z := gzip.NewWriter(buffered)
		out, finish = z, z.Close
	}
	if _, err := g.writeBill(ctx, r, out); err != nil {
		if !errors.Is(err, io.ErrClosedPipe) { // not merely that the client has left
			g.logger.ErrorContext(ctx, "sandbox: wechat bill", "merchant", r.MchID, "day", string(r.Day), "error", err)
		}
		return err
	}
	if err := finish(); err != nil {
		return err
	}
	return buffered.Flush()
}
