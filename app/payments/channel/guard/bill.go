package guard

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// CodeNoBills is the Code of a KindRefused of a channel that publishes no bills.
const CodeNoBills = "NO_BILLS"

var _ channel.BillDownloader = (*client)(nil)

// DownloadBill passes a download through once: what was written cannot be taken
// back. A bill that is not ready is an answer, and where the writer fails the
// channel did not.
//
// The account's record is told as soon as the channel has answered the
// application. The file may take minutes and comes from another place: while
// the circuit lets one call probe, payments must not wait for that.
func (c *client) DownloadBill(ctx context.Context, r channel.BillRequest, w io.Writer) (channel.BillFile, error) {
	downloads, ok := c.Client.(channel.BillDownloader)
	if !ok {
		return channel.BillFile{}, &channel.Error{
			Kind: channel.KindRefused, Channel: c.record.account.Channel, Code: CodeNoBills, Message: "the channel publishes no bills",
		}
	}
	done, held := c.record.enter(false)
	if held != nil {
		return channel.BillFile{}, held
	}
	var once sync.Once
	var sent atomic.Bool
	tell := func(err error) { once.Do(func() { c.record.left(ctx, done, err, sent.Load()) }) }
	defer once.Do(func() { done(errExcluded) }) // a panic, or our own disk: the probe's place must be free
	file, err := downloads.DownloadBill(channel.WithRecorder(ctx, func(e channel.Exchange) {
		sent.Store(true)
		channel.Record(ctx, e)
		if e.Err == nil && e.Status == http.StatusOK {
			tell(nil)
		}
	}), r, w)
	var said *channel.Error
	if err == nil || errors.As(err, &said) {
		tell(err)
	}
	return file, err
}
