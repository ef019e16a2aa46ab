package billfile

import (
	"errors"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Failure turns an error of Receive into what DownloadBill returns: KindCorrupt
// for the packing, KindUnknown for a file that did not come to its end, and an
// error of the writer as it is.
func Failure(c app.Channel, status int, err error) error {
	var broken *channel.BillError
	var unread *ReadError
	switch {
	case errors.As(err, &broken):
		code := channel.CodeBillPacking
		if broken.Code == channel.BillTooLarge {
			code = channel.CodeBillSize
		}
		return &channel.Error{Kind: channel.KindCorrupt, Channel: c, Code: code, Message: broken.Detail, Status: status, Cause: err}
	case errors.As(err, &unread):
		return &channel.Error{Kind: channel.KindUnknown, Channel: c, Status: status, Cause: channel.WithoutAddress(unread.Err)}
	}
	return err
}
