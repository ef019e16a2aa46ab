package wechat

import (
	"io"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

var _ channel.BillViewer = (*Driver)(nil)

// BillText returns the bill's text as it is.
func (d *Driver) BillText(s channel.BillSource) (io.ReadCloser, error) {
	text, err := billfile.Text(s)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(io.LimitReader(text, billfile.Limit(s))), nil
}
