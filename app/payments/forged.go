package payments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// reject counts a message that nobody we know has signed. It leaves no body.
func (s *Service) reject(ctx context.Context, account merchants.Account, n channel.Notification, err error) (string, error) {
	var e *channel.Error
	if !errors.As(err, &e) || e.Kind != channel.KindForged {
		return "unreadable", app.Errorf(app.Unavailable, "read the notification: %w", err)
	}
	result := "forged"
	if e.Code == "SIGNTEST" {
		result = "probe"
		if err := s.tellProbe(ctx, account, e.About); err != nil {
			s.Logger.WarnContext(ctx, "a channel's probe was not put into its payment's timeline", "account_id", account.ID, "error", err)
		}
	}
	rejected := app.Errorf(app.Unauthenticated, "the notification's signature does not verify").WithReason("bad_signature").WithCause(err)
	now, nowErr := s.DB.Now(ctx)
	if nowErr != nil {
		return result, errors.Join(rejected, nowErr)
	}
	if countErr := s.countForged(ctx, account.ID, now, sample(n, result)); countErr != nil {
		return result, errors.Join(rejected, countErr)
	}
	return result, rejected
}

// tellProbe puts a channel's test of whether we verify at all into the story of
// the order it is about, once: whoever has one may send it again and again.
func (s *Service) tellProbe(ctx context.Context, account merchants.Account, number string) error {
	a, err := s.store.attempt(ctx, s.DB, account.MerchantID, number)
	if app.Is(err, app.NotFound) || err == nil && a.AccountID != account.ID {
		return nil
	}
	if err != nil {
		return err
	}
	told, err := s.store.timeline(ctx, s.DB, a.MerchantID, a.PaymentID)
	if err != nil || slices.ContainsFunc(told, func(e Entry) bool { return e.Message == "notification.probe" }) {
		return err
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	return s.writeTimeline(ctx, []Entry{entry(ctx, now, a, KindNotification, "notification.probe", nil)})
}

const (
	maxSamples   = 5
	maxSampleLen = 1024
)

// sample keeps a few headers of a forgery, never its body.
func sample(n channel.Notification, result string) string {
	kept := map[string]string{"result": result}
	for _, name := range []string{"User-Agent", "Content-Type", "Wechatpay-Serial", "Wechatpay-Timestamp", "X-Forwarded-For"} {
		if v := n.Header.Get(name); v != "" {
			kept[name] = clipTo(v, 120)
		}
	}
	b, _ := json.Marshal(kept) // a map of strings always marshals
	return clipTo(string(b), maxSampleLen)
}

// countForged adds to the account's hourly counter and keeps its first samples.
// Under a flood a lost sample is no loss; a lost count would be.
func (s *Service) countForged(ctx context.Context, accountID string, now app.Millis, sample string) error {
	hour := now - now%app.Millis(time.Hour.Milliseconds())
	f, err := s.store.forged(ctx, s.DB, accountID, hour)
	if errors.Is(err, db.ErrNoRows) {
		err = s.store.insertForged(ctx, s.DB, accountID, hour, sample)
		if !db.IsDuplicate(err) {
			return err
		}
		return s.store.countForged(ctx, s.DB, accountID, hour)
	}
	if err != nil {
		return fmt.Errorf("count a forged notification: %w", err)
	}
	if f.Hits < maxSamples {
		kept, err := s.store.keepForged(ctx, s.DB, accountID, hour, f.Hits, f.Samples+"\n"+sample)
		if kept || err != nil {
			return err
		}
	}
	return s.store.countForged(ctx, s.DB, accountID, hour)
}
