package channeltest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app/payments/channel"
)

func testNotification(t *testing.T, h *Harness) {
	c := h.open(t, h.Account)
	r := h.order()
	before := time.Now().Add(-2 * time.Second)
	h.Pay(t, h.place(t, c, r))
	message := h.Next(t)

	notice, err := c.ParseNotification(t.Context(), message)
	wantKind(t, err, "")
	if notice.ID == "" || notice.Type == "" || notice.VerifiedBy == "" || notice.Trade == nil {
		t.Fatalf("notice %+v lacks something", notice)
	}
	h.checkPaid(t, *notice.Trade, r, before)
	h.checkIdentity(t, *notice.Trade)
	if !json.Valid(notice.Plain) || strings.Contains(string(notice.Plain), notice.Trade.PayerID) {
		t.Errorf("plain text is not JSON, or names the payer: %s", notice.Plain)
	}
	asked, err := c.Query(t.Context(), r.Number)
	wantKind(t, err, "")
	if asked.ChannelTradeNo != notice.Trade.ChannelTradeNo || asked.PayerID != notice.Trade.PayerID || !asked.PaidAt.Equal(notice.Trade.PaidAt) {
		t.Errorf("the query says %+v, the notification %+v", asked, *notice.Trade)
	}
	t.Run("read twice it is the same", func(t *testing.T) {
		again, err := c.ParseNotification(t.Context(), message)
		wantKind(t, err, "")
		if again.ID != notice.ID || *again.Trade != *notice.Trade {
			t.Errorf("first %+v, then %+v", notice, again)
		}
	})
	t.Run("another account does not believe it", func(t *testing.T) {
		_, err := h.open(t, h.Other).ParseNotification(t.Context(), message)
		wantKind(t, err, channel.KindForged)
	})
	t.Run("altered it is forged", func(t *testing.T) { h.testAltered(t, c, message) })
}

// testAltered flips one bit at a time, all through the message.
func (h *Harness) testAltered(t *testing.T, c channel.Client, message channel.Notification) {
	for at := 0; at < len(message.Body); at += 1 + len(message.Body)/97 {
		altered := channel.Notification{Header: message.Header, Body: bytes.Clone(message.Body)}
		altered.Body[at] ^= 1
		if _, err := c.ParseNotification(t.Context(), altered); channel.KindOf(err) != channel.KindForged {
			t.Errorf("byte %d %q → %q: %v, want forged", at, message.Body[at], altered.Body[at], err)
		}
	}
	for _, body := range []string{"", "{}", "null", "a=b", "%zz", string(message.Body) + " ", strings.Repeat("a", 1<<16)} {
		if _, err := c.ParseNotification(t.Context(), channel.Notification{Header: message.Header, Body: []byte(body)}); channel.KindOf(err) != channel.KindForged {
			t.Errorf("body %.20q: %v, want forged", body, err)
		}
	}
	if _, err := c.ParseNotification(t.Context(), channel.Notification{}); channel.KindOf(err) != channel.KindForged {
		t.Errorf("nothing at all: %v, want forged", err)
	}
}
