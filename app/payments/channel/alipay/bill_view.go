package alipay

import (
	"io"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

var _ channel.BillViewer = (*Driver)(nil)

// BillText returns the text of the details in the bill's zip, of whatever kind the
// bill is.
func (d *Driver) BillText(s channel.BillSource) (io.ReadCloser, error) {
	entries, err := billfile.Entries(s)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.Contains(e.Name, "汇总") {
			continue
		}
		file, err := e.Open()
		if err != nil {
			return nil, err
		}
		return decoded{simplifiedchinese.GB18030.NewDecoder().Reader(io.LimitReader(file, billfile.Limit(s))), file}, nil
	}
	return nil, billfile.Broken(channel.BillPacking, "no details")
}

// decoded is a file's text in UTF-8.
type decoded struct {
	io.Reader
	io.Closer
}
