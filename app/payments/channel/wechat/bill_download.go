package wechat

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

var _ channel.BillDownloader = (*client)(nil)

// operationBill names the calls of a download in exchanges.
const operationBill = "bill"

// billAddress is the answer to an application for a bill.
type billAddress struct {
	HashType    string `json:"hash_type"`
	HashValue   string `json:"hash_value"` // of the unpacked bytes
	DownloadURL string `json:"download_url"`
}

// DownloadBill applies for the bill of type ALL, or of the basic account, and
// fetches it from where the answer says, which is good for five minutes
// (https://pay.weixin.qq.com/doc/v3/merchant/4012791907). A provider's balance
// is not its merchants': of theirs there is no such bill.
func (c *client) DownloadBill(ctx context.Context, r channel.BillRequest, w io.Writer) (channel.BillFile, error) {
	if r.Kind == channel.BillFunds && c.subMchID != "" {
		return channel.BillFile{}, &channel.Error{
			Kind: channel.KindNoBill, Channel: app.WeChat, Code: channel.CodeNoSuchBill,
			Message: "WeChat gives a provider no bill of its merchants' balances",
		}
	}
	ctx, cancel := context.WithTimeout(ctx, channel.DownloadTimeout)
	defer cancel()
	where, err := c.applyForBill(ctx, r)
	if err != nil {
		return channel.BillFile{}, err
	}
	got, err := c.fetchBill(ctx, where.DownloadURL, w)
	if err != nil {
		return channel.BillFile{}, err
	}
	if !strings.EqualFold(got.SHA1, where.HashValue) {
		return channel.BillFile{}, &channel.Error{
			Kind: channel.KindCorrupt, Channel: app.WeChat, Code: channel.CodeBillHash, Status: http.StatusOK,
			Message: fmt.Sprintf("announced with SHA1 %s, came with %s", where.HashValue, got.SHA1),
		}
	}
	return channel.BillFile{
		Name: c.billName(r, got.Format), Format: got.Format, Size: got.Size, HashType: where.HashType, Hash: got.SHA1,
	}, nil
}

func (c *client) billName(r channel.BillRequest, f channel.BillFormat) string {
	parts := []string{"wechat", c.mchID, c.subMchID, r.Day.Compact(), string(r.Kind)}
	if c.subMchID == "" {
		parts = append(parts[:2], parts[3:]...)
	}
	return strings.Join(parts, "_") + "." + string(f)
}

func (c *client) applyForBill(ctx context.Context, r channel.BillRequest) (billAddress, error) {
	var where billAddress
	err := c.call(ctx, operationBill, func(ctx context.Context) (*core.APIResult, error) {
		result, err := c.sdk.Get(ctx, c.billApplication(r))
		if err == nil {
			err = core.UnMarshalResponse(result.Response, &where)
		}
		return result, err
	})
	if err != nil {
		return billAddress{}, err
	}
	if where.HashType != "SHA1" || len(where.HashValue) != 40 {
		return billAddress{}, unreadable("hash %s of type %s", where.HashValue, where.HashType)
	}
	if !c.servesFiles(where.DownloadURL) {
		return billAddress{}, &channel.Error{
			Kind: channel.KindUnknown, Channel: app.WeChat, Code: channel.CodeBillHost, Cause: channel.ErrUnreadable,
			Message: "the bill is to be fetched from an address that is not WeChat Pay's",
		}
	}
	return where, nil
}

func (c *client) billApplication(r channel.BillRequest) string {
	q := url.Values{"bill_date": {string(r.Day)}, "tar_type": {"GZIP"}}
	if r.Kind == channel.BillFunds {
		q.Set("account_type", "BASIC")
		return consts.WechatPayAPIServer + "/v3/bill/fundflowbill?" + q.Encode()
	}
	q.Set("bill_type", "ALL")
	if c.subMchID != "" {
		q.Set("sub_mchid", c.subMchID)
	}
	return consts.WechatPayAPIServer + "/v3/bill/tradebill?" + q.Encode()
}

// servesFiles reports whether an address is WeChat's own, or the gateway's that
// stands for it: the request is signed, and where it goes is not for an answer
// to choose.
func (c *client) servesFiles(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	if u.Host == sdkHost { // and goes to the gateway
		return u.Scheme == "https"
	}
	return u.Host == c.gateway.Host && u.Scheme == c.gateway.Scheme
}

// fetchBill asks under a signature for what answers without one. The hash is
// what proves it. Whatever is refused here may be given at another address, so
// nothing of it is certain.
func (c *client) fetchBill(ctx context.Context, address string, w io.Writer) (billfile.Received, error) {
	ctx = channel.WithOperation(ctx, operationBill)
	result, err := guard(ctx, func(ctx context.Context) (*core.APIResult, error) { return c.files.Get(ctx, address) })
	if err != nil {
		e := c.failure(ctx, result, channel.WithoutAddress(err), false)
		if e.Kind != channel.KindRateLimited {
			e.Kind = channel.KindUnknown
		}
		return billfile.Received{}, e
	}
	body := result.Response.Body
	got, err := billfile.Receive(body, w)
	if closed := body.Close(); err == nil && closed != nil {
		err = &billfile.ReadError{Err: closed}
	}
	return got, billfile.Failure(app.WeChat, result.Response.StatusCode, err)
}
