package trade

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// The reasons of this package's errors, for the channels to translate.
const (
	ReasonPaid    = "trade_paid"    // Conflict: it is paid
	ReasonClosed  = "trade_closed"  // Conflict: it is closed
	ReasonExpired = "trade_expired" // Conflict: its expiry or its code's has passed
	ReasonMoved   = "trade_moved"   // Conflict: it changed meanwhile, read again
)

// Create records an order. When the merchant has used the number before, it
// returns that trade and false; the caller compares fingerprints.
func (s *Service) Create(ctx context.Context, o Order) (Trade, bool, error) {
	t := s.newTrade(o)
	err := insertTrade(ctx, s.db, t)
	if db.IsDuplicate(err) {
		old, err := s.ByNumber(ctx, t.MerchantID, o.OutTradeNo)
		return old, false, err
	}
	if err != nil {
		return Trade{}, false, fmt.Errorf("create trade %s of %s: %w", o.OutTradeNo, t.MerchantID, err)
	}
	return t, true, nil
}

func (s *Service) newTrade(o Order) Trade {
	now := s.clock.Now()
	t := Trade{
		ID: app.NewID("trd_", now), Channel: o.Merchant.Channel, MerchantID: o.payee(), AppID: o.AppID,
		OutTradeNo: o.OutTradeNo, ChannelTradeNo: channelTradeNo(o.Merchant.Channel, now), TradeType: o.TradeType,
		Subject: o.Subject, Attach: o.Attach, Amount: o.Amount, State: Unpaid,
		Code: o.Code, CodeExpiresAt: o.codeExpiry(now), NotifyURL: o.NotifyURL, PayerID: o.PayerID,
		Fingerprint: o.Fingerprint, Extra: o.Extra, ExpiresAt: app.ToMillis(o.ExpiresAt), CreatedAt: app.ToMillis(now),
	}
	if o.Sub.ID != "" {
		t.ProviderID = o.Merchant.ID
	}
	if o.Opened {
		t.Scanned, t.ScannedAt = true, t.CreatedAt
	}
	if t.Code == "" {
		t.Code = t.ChannelTradeNo
	}
	return t
}

// Reissue replaces the content and code of a trade that nobody has paid:
// WeChat's fresh code for the same order, Alipay's repeated precreate before a
// scan. It is Conflict (ReasonMoved) when the trade changed meanwhile.
func (s *Service) Reissue(ctx context.Context, old Trade, o Order) (Trade, error) {
	t := old
	t.Subject, t.Attach, t.Amount, t.TradeType = o.Subject, o.Attach, o.Amount, o.TradeType
	t.Code, t.CodeExpiresAt = o.Code, o.codeExpiry(s.clock.Now())
	t.NotifyURL, t.Fingerprint, t.Extra, t.ExpiresAt = o.NotifyURL, o.Fingerprint, o.Extra, app.ToMillis(o.ExpiresAt)
	n, err := updateOrder(ctx, s.db, old, t)
	if err != nil {
		return Trade{}, fmt.Errorf("reissue trade %s: %w", old.ID, err)
	}
	if n != 1 {
		return Trade{}, moved(old)
	}
	return t, nil
}

// ByNumber finds a merchant's trade by its own number, or NotFound.
func (s *Service) ByNumber(ctx context.Context, merchantID, outTradeNo string) (Trade, error) {
	t, err := selectByNumber(ctx, s.db, merchantID, outTradeNo)
	return t, notFound(err, "trade %q of %s", outTradeNo, merchantID)
}

// ByChannelNumber finds a merchant's trade by the channel's number, or NotFound.
func (s *Service) ByChannelNumber(ctx context.Context, merchantID, channelTradeNo string) (Trade, error) {
	t, err := selectByChannelNumber(ctx, s.db, merchantID, channelTradeNo)
	return t, notFound(err, "trade %q of %s", channelTradeNo, merchantID)
}

// ByTradeNo finds a trade by the channel's number alone, as a payer's phone
// does, or NotFound.
func (s *Service) ByTradeNo(ctx context.Context, channelTradeNo string) (Trade, error) {
	t, err := selectByTradeNo(ctx, s.db, channelTradeNo)
	return t, notFound(err, "trade %q", channelTradeNo)
}

// ByCode finds a trade by what the payer's phone was shown, or NotFound.
func (s *Service) ByCode(ctx context.Context, code string) (Trade, error) {
	t, err := selectByCode(ctx, s.db, code)
	return t, notFound(err, "order with the code %q", code)
}

// ByID finds a trade by the sandbox's own id, or NotFound.
func (s *Service) ByID(ctx context.Context, id string) (Trade, error) {
	t, err := selectByID(ctx, s.db, id)
	return t, notFound(err, "trade %q", id)
}

// Trades lists the newest trades, at most limit; merchantID may be empty for
// all. before is the last id of the page before, or empty.
func (s *Service) Trades(ctx context.Context, merchantID, before string, limit int) ([]Trade, error) {
	return selectTrades(ctx, s.db, merchantID, before, limit)
}

// Close ends an unpaid trade. Paid is Conflict (ReasonPaid); closed before is
// Conflict (ReasonClosed).
func (s *Service) Close(ctx context.Context, t Trade) (Trade, error) {
	ended, err := s.end(ctx, t, updateClosed)
	if err != nil {
		return Trade{}, fmt.Errorf("close trade %s: %w", t.ID, err)
	}
	current, err := s.ByID(ctx, t.ID)
	if err != nil || ended {
		return current, err
	}
	return current, finalError(current)
}

// finalError says why a trade that is no longer unpaid refuses.
func finalError(t Trade) error {
	switch t.State {
	case Paid, Refunded, Finished:
		return app.Errorf(app.Conflict, "the order %s is paid already", t.OutTradeNo).WithReason(ReasonPaid)
	case Closed:
		return app.Errorf(app.Conflict, "the order %s is closed", t.OutTradeNo).WithReason(ReasonClosed)
	}
	return moved(t)
}

func moved(t Trade) error {
	return app.Errorf(app.Conflict, "the order %s changed meanwhile", t.OutTradeNo).WithReason(ReasonMoved)
}

func notFound(err error, format string, args ...any) error {
	if errors.Is(err, db.ErrNoRows) {
		return app.Errorf(app.NotFound, "the sandbox has no "+format, args...)
	}
	if err != nil {
		return fmt.Errorf("read sandbox "+format+": %w", append(args, err)...)
	}
	return nil
}
