package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/piaohao/piaohao/app"
)

// api calls the merchant API with a Bearer key.
type api struct {
	base, key string
	client    *http.Client
}

// line is a call's request line, as it goes over the wire.
func (a api) line(method, path string) string {
	if u, err := url.Parse(a.base); err == nil {
		return method + " " + u.Path + path
	}
	return method + " " + path
}

// order is the body of POST /payments.
type order struct {
	OrderNo   string    `json:"order_no"`
	Amount    app.Money `json:"amount"` // fen
	Currency  string    `json:"currency"`
	Subject   string    `json:"subject"`
	Method    string    `json:"method"`
	AppID     string    `json:"app_id,omitempty"`
	ReturnURL string    `json:"return_url,omitempty"`
	Payer     *payer    `json:"payer,omitempty"`
}

// attempt is the body of POST /payments/{id}/attempts: another way to pay.
type attempt struct {
	Method    string `json:"method"`
	AppID     string `json:"app_id,omitempty"`
	ReturnURL string `json:"return_url,omitempty"`
	Payer     *payer `json:"payer,omitempty"`
}

// payer is what a method wants to know of who pays.
type payer struct {
	OpenID   string `json:"openid,omitempty"`
	BuyerID  string `json:"buyer_id,omitempty"`
	ClientIP string `json:"client_ip,omitempty"`
	AuthCode string `json:"auth_code,omitempty"`
}

// payment is the part of the API's payment that the shop uses.
type payment struct {
	ID             string       `json:"id"`
	OrderNo        string       `json:"order_no"`
	Status         string       `json:"status"`
	Amount         app.Money    `json:"amount"`
	AmountRefunded app.Money    `json:"amount_refunded"`
	Subject        string       `json:"subject"`
	Method         string       `json:"method"`
	Action         *action      `json:"action"`
	ChannelTradeNo string       `json:"channel_trade_no"`
	LastError      *app.Refusal `json:"last_error"`
	ExpiresAt      string       `json:"expires_at"`
	PaidAt         string       `json:"paid_at"`
	raw            []byte
}

// action is what the payer's client must do next.
type action struct {
	Type        string            `json:"type"`
	CodeURL     string            `json:"code_url"`
	URL         string            `json:"url"`
	Params      map[string]string `json:"params"`
	OrderString string            `json:"order_string"`
}

// problem is what the API answers when it does not do what it was asked (RFC
// 9457), or what kept it from answering.
type problem struct {
	Title     string           `json:"title"`
	Status    int              `json:"status"`
	Detail    string           `json:"detail"`
	Code      string           `json:"code"`
	RequestID string           `json:"request_id"`
	Errors    []app.FieldError `json:"errors"`
	Channel   *app.Refusal     `json:"channel"`
	PaymentID string           `json:"payment_id"`
	raw       []byte
}

// Error says what went wrong in one line.
func (p *problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// create places an order. The key makes a second click the same request.
func (a api) create(ctx context.Context, key string, o order) (payment, error) {
	return a.payment(ctx, http.MethodPost, "/payments", key, o)
}

func (a api) get(ctx context.Context, id string) (payment, error) {
	return a.payment(ctx, http.MethodGet, "/payments/"+url.PathEscape(id), "", nil)
}

func (a api) attempt(ctx context.Context, key, id string, other attempt) (payment, error) {
	return a.payment(ctx, http.MethodPost, "/payments/"+url.PathEscape(id)+"/attempts", key, other)
}

func (a api) close(ctx context.Context, key, id string) (payment, error) {
	return a.payment(ctx, http.MethodPost, "/payments/"+url.PathEscape(id)+"/close", key, nil)
}

// byOrder finds a payment by the shop's own number.
func (a api) byOrder(ctx context.Context, orderNo string) (payment, error) {
	raw, err := a.do(ctx, http.MethodGet, "/payments?order_no="+url.QueryEscape(orderNo), "", nil)
	if err != nil {
		return payment{}, err
	}
	var page struct {
		Data []payment `json:"data"`
	}
	if err := json.Unmarshal(raw, &page); err != nil {
		return payment{}, fmt.Errorf("read the payments: %w", err)
	}
	if len(page.Data) == 0 {
		return payment{}, &problem{Title: "Not Found", Status: http.StatusNotFound, Code: "not_found", Detail: "there is no payment with the order_no " + orderNo}
	}
	return page.Data[0], nil
}

func (a api) payment(ctx context.Context, method, path, key string, body any) (payment, error) {
	raw, err := a.do(ctx, method, path, key, body)
	if err != nil {
		return payment{}, err
	}
	p := payment{raw: raw}
	if err := json.Unmarshal(raw, &p); err != nil {
		return payment{}, fmt.Errorf("read the payment: %w", err)
	}
	return p, nil
}

// answerMax bounds what is read of an answer, in bytes.
const answerMax = 1 << 20

// do makes one call. Every answer that is not 2xx is a *problem.
func (a api) do(ctx context.Context, method, path, key string, body any) ([]byte, error) {
	var payload bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&payload).Encode(body); err != nil {
			return nil, fmt.Errorf("encode %s %s: %w", method, path, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, &payload)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Authorization", "Bearer "+a.key)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, answerMax))
	if err != nil {
		return nil, fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if res.StatusCode < http.StatusMultipleChoices {
		return raw, nil
	}
	p := &problem{raw: raw}
	if err := json.Unmarshal(raw, p); err != nil || p.Code == "" {
		return nil, &problem{Title: http.StatusText(res.StatusCode), Status: res.StatusCode, Code: "unreadable", Detail: string(raw[:min(len(raw), 500)]), raw: raw}
	}
	return nil, p
}
