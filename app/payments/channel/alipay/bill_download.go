package alipay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

var _ channel.BillDownloader = (*client)(nil)

const (
	// operationBill names the calls of a download in exchanges.
	operationBill = "bill"
	// codeNoBill is said of a day on which nothing moved, and of one whose bill is
	// not made yet.
	codeNoBill = "isp.bill_not_exist"
	// codeBadArguments is said of a day that is not over, among others.
	codeBadArguments = "isv.invalid_arguments"
	// billsByNoon is when a bill that there will be is there: Alipay makes them
	// from nine to ten.
	billsByNoon = 12 * time.Hour
)

// DownloadBill asks where the bill of type trade or signcustomer is and fetches
// it at once: the address is good for half a minute, and whoever has it can have
// the bill (https://opendocs.alipay.com/open/02ivbt).
func (c *client) DownloadBill(ctx context.Context, r channel.BillRequest, w io.Writer) (channel.BillFile, error) {
	ctx, cancel := context.WithTimeout(ctx, channel.DownloadTimeout)
	defer cancel()
	address, err := c.billAddress(ctx, r)
	if err != nil {
		return channel.BillFile{}, err
	}
	got, err := c.fetchBill(ctx, address, w)
	if err != nil {
		return channel.BillFile{}, err
	}
	name := strings.Join([]string{"alipay", c.sellerID, r.Day.Compact(), string(r.Kind)}, "_") + "." + string(got.Format)
	return channel.BillFile{Name: name, Format: got.Format, Size: got.Size}, nil
}

func (c *client) billAddress(ctx context.Context, r channel.BillRequest) (string, error) {
	kind := "trade"
	if r.Kind == channel.BillFunds {
		kind = "signcustomer"
	}
	var got struct {
		answer
		BillDownloadURL string `json:"bill_download_url"`
	}
	p := c.payload("alipay.data.dataservice.bill.downloadurl.query").
		AddBizField("bill_type", kind).AddBizField("bill_date", string(r.Day))
	if err := c.call(ctx, operationBill, p, &got); err != nil {
		return "", c.noBill(r.Day, err)
	}
	if got.BillDownloadURL == "" {
		return "", unreadable("no address of the bill")
	}
	if !c.servesFiles(got.BillDownloadURL) {
		return "", &channel.Error{
			Kind: channel.KindUnknown, Channel: app.Alipay, Code: channel.CodeBillHost, Cause: channel.ErrUnreadable,
			Message: "the bill is to be fetched from an address that is not Alipay's",
		}
	}
	return got.BillDownloadURL, nil
}

// noBill tells a bill that there never will be from one that is not made yet:
// Alipay has one word for both, and another for a day that is not over.
func (c *client) noBill(day app.Day, err error) error {
	var said *channel.Error
	if !errors.As(err, &said) {
		return err
	}
	now := c.clock.Now()
	switch {
	case said.Code == codeNoBill && (now.Before(day.End().Add(billsByNoon)) || strings.Contains(said.Message, "未生成")),
		said.Code == codeBadArguments && now.Before(day.End()):
		said.Kind = channel.KindNotReady
	case said.Code == codeNoBill:
		said.Kind = channel.KindNoBill
	}
	return said
}

// servesFiles reports whether an address is the gateway's host, or one of
// Alipay's own where the gateway is Alipay's. Those of the real one begin with
// http:// at times.
func (c *client) servesFiles(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
		return false
	}
	if u.Host == c.gateway.Host {
		return u.Scheme == c.gateway.Scheme || u.Scheme == "https"
	}
	return u.Port() == "" && alipayHost(u.Host) && alipayHost(c.gateway.Host)
}

// alipayHost reports whether a host is one of Alipay's, such as
// dwbillcenter.alipay.com, where bills are.
func alipayHost(host string) bool {
	return strings.HasSuffix(host, ".alipay.com") || strings.HasSuffix(host, ".alipaydev.com")
}

// fetchBill gets a file that nobody has signed. Whatever else is answered says
// nothing of the bill: at another address it may be there.
func (c *client) fetchBill(ctx context.Context, address string, w io.Writer) (billfile.Received, error) {
	request, err := http.NewRequestWithContext(channel.WithOperation(ctx, operationBill), http.MethodGet, address, nil)
	if err != nil {
		return billfile.Received{}, unreadable("the address of the bill")
	}
	response, err := c.files.Do(request)
	if err != nil {
		return billfile.Received{}, failure(channel.WithoutAddress(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return billfile.Received{}, &channel.Error{
			Kind: channel.KindUnknown, Channel: app.Alipay, Status: response.StatusCode, Cause: channel.ErrUnverified,
		}
	}
	if kind := response.Header.Get("Content-Type"); strings.HasPrefix(kind, "text/html") {
		return billfile.Received{}, &channel.Error{
			Kind: channel.KindUnknown, Channel: app.Alipay, Status: response.StatusCode,
			Cause: fmt.Errorf("%w: a page instead of a bill", channel.ErrUnreadable),
		}
	}
	got, err := billfile.ReceiveZip(response.Body, w)
	return got, billfile.Failure(app.Alipay, response.StatusCode, err)
}
