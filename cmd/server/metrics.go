package main

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/observe"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// channelMetrics counts what payments observes.
type channelMetrics struct{ m *observe.Metrics }

func (c channelMetrics) ChannelCall(name app.Channel, operation string, kind channel.Kind, d time.Duration) {
	outcome := string(kind)
	if outcome == "" {
		outcome = "ok"
	}
	c.m.ChannelCall(string(name), operation, outcome, d)
}

func (c channelMetrics) Notification(name app.Channel, result string) {
	c.m.Notification(string(name), result)
}

// deliveryMetrics counts what webhooks observes.
type deliveryMetrics struct{ m *observe.Metrics }

func (d deliveryMetrics) Delivered(_ string, code int, took time.Duration) { d.m.Delivery(code, took) }
