package gallery

import (
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func keyPages() []Page {
	return []Page{
		{"keys", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.KeysPage(pages.Keys{Shell: at(s, layout.NavKeys), Rows: keyRows(ctx)})
		}},
		{"keys-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.KeysPage(pages.Keys{Shell: at(live(s), layout.NavKeys)})
		}},
		{"key-new", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.KeyFormPage(pages.KeyForm{
				Shell: at(s, layout.NavKeys), Name: "ERP", Scopes: []string{"payments:write", "payments:read"}, AllowedIPs: "10.0.0.300",
				Errors: map[string]string{"allowed_ips": word(ctx, "10.0.0.300 不是有效的地址或网段", "10.0.0.300 is no address or range")},
			})
		}},
		{"key-created", func(_ context.Context, s layout.Shell) templ.Component {
			const secret = "sk_test_4f9cQxR2mV7tLw8ZkP0sYbNdHgJc1aEu"
			return pages.NewKeyPage(pages.NewSecret{
				Shell: at(s, layout.NavKeys), Name: "ERP", Secret: secret,
				Example: "curl https://pay.jinxiang.example/v1/merchants/" + merchantID + "/payments \\\n  -H 'Authorization: Bearer " + secret + "' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\"order_no\":\"T1\",\"amount\":1,\"currency\":\"CNY\",\"subject\":\"Test\",\"method\":\"wechat_native\"}'",
			})
		}},
	}
}

func keyRows(ctx context.Context) []pages.KeyRow {
	return []pages.KeyRow{
		{ID: "key_1", Name: word(ctx, "订单服务", "Order service"), Prefix: "sk_test_4f9cQx", Status: "active", CreatedAt: noon, LastUsedAt: noon.Add(-time.Minute), AllowedIPs: []string{"203.0.113.0/24"}},
		{ID: "key_2", Name: word(ctx, "财务报表", "Finance reports"), Prefix: "sk_test_Zk81Lm", Scopes: []string{"payments:read", "statements:read"}, Status: "expiring", CreatedAt: noon, LastUsedAt: noon.Add(-40 * time.Hour), ExpiresAt: noon.Add(4 * 24 * time.Hour)},
		{ID: "key_3", Name: word(ctx, "联调", "Integration"), Prefix: "sk_test_9aWw2p", Status: "revoked", CreatedAt: noon},
		{ID: "key_4", Name: word(ctx, "旧系统", "Former system"), Prefix: "sk_test_1bTt7q", Status: "expired", CreatedAt: noon, ExpiresAt: noon.Add(-24 * time.Hour)},
	}
}

func webhookPages() []Page {
	return []Page{
		{"webhooks", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.WebhooksPage(pages.Webhooks{Shell: at(s, layout.NavWebhooks), Rows: endpointRows(ctx)})
		}},
		{"webhooks-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.WebhooksPage(pages.Webhooks{Shell: at(s, layout.NavWebhooks)})
		}},
		{"webhook-new", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.EndpointFormPage(pages.EndpointForm{
				Shell: at(s, layout.NavWebhooks), URL: "http://10.0.0.8/hook", EventTypes: []string{"payment.succeeded"},
				Errors: map[string]string{"url": word(ctx, "该地址位于内网，平台不会访问。", "This address is private; it is never called.")},
			})
		}},
		{"webhook", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.EndpointPage(endpoint(ctx, s, 0))
		}},
		{"webhook-revealed", func(ctx context.Context, s layout.Shell) templ.Component {
			v := endpoint(ctx, s, 1)
			v.Secret, v.OldSecretUntil = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", noon.Add(20*time.Hour)
			v.FailingSince = noon.Add(-3 * time.Hour)
			return pages.EndpointPage(v)
		}},
		{"webhook-disabled", func(ctx context.Context, s layout.Shell) templ.Component {
			v := endpoint(ctx, s, 2)
			v.Reason, v.Deliveries = "gone", nil
			return pages.EndpointPage(v)
		}},
	}
}

func endpointRows(ctx context.Context) []pages.EndpointRow {
	return []pages.EndpointRow{
		{ID: "whe_1", URL: "https://erp.jinxiang.example/hooks/piaohao", Description: word(ctx, "ERP 订单入账", "ERP order posting"), EventTypes: []string{"payment.succeeded", "payment.closed"}, Enabled: true, Health: "healthy", LastDeliveryAt: noon.Add(-2 * time.Minute)},
		{ID: "whe_2", URL: "https://crm.jinxiang.example/api/v2/integrations/payments/piaohao/incoming", Description: "CRM", EventTypes: []string{"*"}, Enabled: true, Health: "failing", LastDeliveryAt: noon.Add(-3 * time.Hour)},
		{ID: "whe_3", URL: "https://old.jinxiang.example/hook", EventTypes: []string{"payment.succeeded"}, Health: "disabled"},
	}
}

func endpoint(ctx context.Context, s layout.Shell, i int) pages.Endpoint {
	return pages.Endpoint{
		Shell: at(s, layout.NavWebhooks), EndpointRow: endpointRows(ctx)[i], SecretHint: "whsec_MfKQ…",
		CreatedAt: noon.Add(-30 * 24 * time.Hour), Deliveries: deliveryRows(5),
	}
}

func deliveryPages() []Page {
	return []Page{
		{"deliveries", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.DeliveriesPage(deliveryList(ctx, s, pages.DeliveryFilters{}, 12))
		}},
		{"deliveries-no-match", func(ctx context.Context, s layout.Shell) templ.Component {
			return pages.DeliveriesPage(deliveryList(ctx, s, pages.DeliveryFilters{Status: "dead", Type: "payment.duplicate", Code: "500"}, 0))
		}},
		{"deliveries-empty", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.DeliveriesPage(pages.Deliveries{Shell: at(s, layout.NavDeliveries)})
		}},
		{"delivery", func(_ context.Context, s layout.Shell) templ.Component {
			return pages.DeliveryPage(delivery(s))
		}},
	}
}

func deliveryList(ctx context.Context, s layout.Shell, f pages.DeliveryFilters, n int) pages.Deliveries {
	s = at(s, layout.NavDeliveries)
	for _, e := range endpointRows(ctx) {
		f.Endpoints = append(f.Endpoints, pages.Choice{ID: e.ID, Name: e.URL})
	}
	bar := f.Bar(ctx, s.Scope().Deliveries())
	next := ""
	if n > 0 {
		next = "dlv_01"
	}
	return pages.Deliveries{
		Shell: s, Filters: bar, Any: true, Rows: deliveryRows(n),
		Pager: components.Pager{Path: bar.Path, Later: n > 0, Shown: n, Next: next},
	}
}

func deliveryRows(n int) []pages.DeliveryRow {
	statuses := []string{"succeeded", "succeeded", "retrying", "pending", "dead"}
	rows := make([]pages.DeliveryRow, n)
	for i := range rows {
		rows[i] = pages.DeliveryRow{
			ID: fmt.Sprintf("dlv_%03d", i), EventID: fmt.Sprintf("evt_01KASJ3V6T8C0QW2N4R5X7Y%03d", i), EventType: "payment.succeeded",
			ObjectID: fmt.Sprintf("pay_01KASJ3V6T8C0QW2N4R5X7Y%03d", i), EndpointID: "whe_1", URL: "https://erp.jinxiang.example/hooks/piaohao",
			Status: statuses[i%5], Attempts: 1 + i%5*2, CreatedAt: noon.Add(-time.Duration(i*71) * time.Second), LastCode: []int{204, 200, 502, 0, 500}[i%5],
		}
	}
	return rows
}

func delivery(s layout.Shell) pages.Delivery {
	v := pages.Delivery{Shell: at(s, layout.NavDeliveries), DeliveryRow: deliveryRows(3)[2], ObjectHref: s.Scope().Payment("pay_01")}
	v.NextAt = noon.Add(30 * time.Minute)
	v.Payload = "{\"id\":\"evt_01KASJ3V6T8C0QW2N4R5X7Y002\",\"type\":\"payment.succeeded\",\"timestamp\":\"2026-11-23T14:02:31.342+08:00\",\"data\":{\"id\":\"pay_01KASJ3V6T8C0QW2N4R5X7Y002\",\"amount\":12800,\"status\":\"succeeded\"}}"
	headers := "content-type: application/json\nwebhook-id: evt_01KASJ3V6T8C0QW2N4R5X7Y002\nwebhook-timestamp: 1795413751\nwebhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="
	v.Attempts = []pages.DeliveryAttempt{
		{N: 3, StartedAt: noon.Add(-time.Minute), Duration: 412 * time.Millisecond, Code: 502, Headers: headers, Response: "<html>502 Bad Gateway</html>"},
		{N: 2, StartedAt: noon.Add(-5 * time.Minute), Duration: 15002 * time.Millisecond, Error: "no answer within 15 s", Headers: headers},
		{N: 1, StartedAt: noon.Add(-6 * time.Minute), Duration: 97 * time.Millisecond, Code: 200, Headers: headers, Response: "ok"},
	}
	return v
}
