package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// phone is the demo's payer: the sandbox's wallet. A real shop learns an openid
// by WeChat's OAuth, a buyer's id by Alipay's, and a payment code by its
// scanner.
type phone struct {
	url, token string
	client     *http.Client
}

// identity is the payer as an app knows them: an openid, or a buyer id.
func (p phone) identity(ctx context.Context, channel, appID string) (string, error) {
	var who struct {
		OpenID  string `json:"openid"`
		BuyerID string `json:"buyer_id"`
	}
	query := url.Values{"channel": {channel}, "app_id": {appID}}
	if err := p.ask(ctx, http.MethodGet, "/identity?"+query.Encode(), nil, &who); err != nil {
		return "", err
	}
	return who.OpenID + who.BuyerID, nil
}

// code asks the payer to show a payment code; behaviour is ok, password or
// refuse.
func (p phone) code(ctx context.Context, channel, behaviour string) (string, error) {
	var shown struct {
		AuthCode string `json:"auth_code"`
	}
	err := p.ask(ctx, http.MethodPost, "/code", map[string]string{"channel": channel, "behaviour": behaviour}, &shown)
	return shown.AuthCode, err
}

func (p phone) ask(ctx context.Context, method, path string, body, into any) error {
	payload, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(payload))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.token != "" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the payer's phone: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, answerMax))
	if err != nil {
		return fmt.Errorf("ask the payer's phone: %w", err)
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		return &problem{
			Title: http.StatusText(res.StatusCode), Status: res.StatusCode, Code: "phone",
			Detail: strings.TrimSpace(string(answer)), raw: answer,
		}
	}
	return json.Unmarshal(answer, into)
}
