package trade

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Fault is a planned misbehaviour of a channel.
type Fault string

// The faults of the simulator.
const (
	DropNotification      Fault = "drop_notification"      // the next notifications are never sent
	DuplicateNotification Fault = "duplicate_notification" // a notification arrives twice
	DelayNotification     Fault = "delay_notification"     // a notification comes a minute late
	BadSignature          Fault = "bad_signature"          // a notification's signature is wrong
	SignTest              Fault = "signtest"               // WeChat's probe: WECHATPAY/SIGNTEST/ before the signature
	TamperAmount          Fault = "tamper_amount"          // validly signed, one fen off
	TimeoutBefore         Fault = "timeout_before"         // no answer, nothing happened
	TimeoutAfterSuccess   Fault = "timeout_after_success"  // no answer, it happened
	HTTP500               Fault = "http_500"               // SYSTEM_ERROR, nothing happened
	Garbage               Fault = "garbage"                // an HTML page instead of an answer
	RateLimit             Fault = "rate_limit"             // refused for frequency
	PayAfterClose         Fault = "pay_after_close"        // the wallet pays a closed or expired order
	RotateCertificate     Fault = "rotate_certificate"     // a new platform certificate signs from now on
	SignWithPublicKey     Fault = "sign_with_public_key"   // a notification is signed by the public key, while certificates are still in use
	ForgeAnswer           Fault = "forge_answer"           // it happened, and the answer is signed by a key that is not the channel's
	UnsignedAnswer        Fault = "unsigned_answer"        // it happened, and the answer has no signature
	Truncated             Fault = "truncated"              // it happened, and the answer breaks off
	Slow                  Fault = "slow"                   // the answer takes two seconds
	RefundFailsAbnormal   Fault = "refund_abnormal"        // a refund that was accepted cannot reach its payer
	RefundFailsClosed     Fault = "refund_closed"          // a refund that was accepted is closed
	RefundDelay           Fault = "refund_delay"           // a refund stays under way for a minute
	RefundNoBalance       Fault = "refund_no_balance"      // a refund is refused: the merchant's balance is short
	RefundTooSoon         Fault = "refund_spacing"         // a second refund of a trade within a minute is refused
)

// Faults lists every fault there is.
func Faults() []Fault {
	return []Fault{
		DropNotification, DuplicateNotification, DelayNotification, BadSignature, SignTest, TamperAmount,
		TimeoutBefore, TimeoutAfterSuccess, HTTP500, Garbage, RateLimit, PayAfterClose, RotateCertificate,
		SignWithPublicKey, ForgeAnswer, UnsignedAnswer, Truncated, Slow,
		RefundFailsAbnormal, RefundFailsClosed, RefundDelay, RefundNoBalance, RefundTooSoon,
	}
}

// FaultsOf lists what the channel can do wrong.
func (s *Service) FaultsOf(channel app.Channel) []Fault { return s.announcers[channel].Faults }

// Plan is misbehaviour yet to come: the next Count occasions at the channel,
// for one account (mchid or app_id) or, with Account empty, for any.
type Plan struct {
	ID        string      `db:"id" json:"id"`
	Channel   app.Channel `db:"channel" json:"channel"`
	Account   string      `db:"account" json:"account"`
	Fault     Fault       `db:"fault" json:"fault"`
	Count     int64       `db:"remaining" json:"count"`
	CreatedAt app.Millis  `db:"created_at" json:"-"`
}

// maxPlanned bounds one plan's count.
const maxPlanned = 1_000_000

// PlanFault plans a fault. What the channel cannot do is Invalid.
func (s *Service) PlanFault(ctx context.Context, p Plan) (Plan, error) {
	if p.Count == 0 {
		p.Count = 1
	}
	if err := s.checkPlan(p); err != nil {
		return Plan{}, err
	}
	if err := s.checkAccount(ctx, p); err != nil {
		return Plan{}, err
	}
	now := s.clock.Now()
	p.ID, p.CreatedAt = app.NewID("flt_", now), app.ToMillis(now)
	if err := insertFault(ctx, s.db, p); err != nil {
		return Plan{}, fmt.Errorf("plan %s: %w", p.Fault, err)
	}
	return p, nil
}

// checkAccount demands that a named account exists and can misbehave so.
func (s *Service) checkAccount(ctx context.Context, p Plan) error {
	if p.Account == "" {
		return nil
	}
	m, err := s.Merchant(ctx, p.Channel, p.Account)
	if err == nil && p.Fault == SignWithPublicKey && m.Mode != Both {
		return app.InvalidField("account", "unsupported", "merchant %s is not migrating: open one in mode both", m.ID)
	}
	if err == nil && p.Fault == RotateCertificate && !m.HasCertificates() {
		return app.InvalidField("account", "unsupported", "merchant %s verifies by public key: it has no platform certificate to rotate", m.ID)
	}
	return err
}

func (s *Service) checkPlan(p Plan) error {
	switch {
	case !p.Channel.Valid():
		return app.InvalidField("channel", "unknown", "channel %q: want wechat or alipay", p.Channel)
	case !slices.Contains(Faults(), p.Fault):
		return app.InvalidField("fault", "unknown", "fault %q: want one of %s", p.Fault, join(Faults()))
	case !slices.Contains(s.announcers[p.Channel].Faults, p.Fault):
		return app.InvalidField("fault", "unsupported", "%s cannot %s; it can %s", p.Channel, p.Fault, join(s.announcers[p.Channel].Faults))
	case p.Count < 1 || p.Count > maxPlanned:
		return app.InvalidField("count", "out_of_range", "count %d: want 1 to %d", p.Count, maxPlanned)
	}
	return nil
}

func join(faults []Fault) string {
	words := make([]string, len(faults))
	for i, f := range faults {
		words[i] = string(f)
	}
	return strings.Join(words, ", ")
}

// Planned lists the faults still to come, oldest first.
func (s *Service) Planned(ctx context.Context) ([]Plan, error) { return selectFaults(ctx, s.db) }

// CancelFaults withdraws every planned fault and returns how many there were.
func (s *Service) CancelFaults(ctx context.Context) (int64, error) { return deleteFaults(ctx, s.db) }

// Take reports whether the fault is planned for the account now, and uses one
// occasion up. However many ask at once, no more than planned are told yes.
func (s *Service) Take(ctx context.Context, channel app.Channel, account string, f Fault) (bool, error) {
	return take(ctx, s.db, channel, account, f)
}

// TakeFirst takes the first of the faults that is planned, "" when none is. It
// costs one query when nothing is planned.
func (s *Service) TakeFirst(ctx context.Context, channel app.Channel, account string, faults ...Fault) (Fault, error) {
	return takeFirst(ctx, s.db, channel, account, faults)
}

func take(ctx context.Context, q db.Querier, channel app.Channel, account string, f Fault) (bool, error) {
	taken, err := takeFirst(ctx, q, channel, account, []Fault{f})
	return taken != "", err
}

func takeFirst(ctx context.Context, q db.Querier, channel app.Channel, account string, faults []Fault) (Fault, error) {
	plans, err := selectPlanned(ctx, q, channel, account, faults)
	if err != nil {
		return "", fmt.Errorf("read planned faults: %w", err)
	}
	slices.SortStableFunc(plans, func(a, b Plan) int {
		return slices.Index(faults, a.Fault) - slices.Index(faults, b.Fault)
	})
	for _, p := range plans {
		n, err := updateFault(ctx, q, p.ID)
		if err != nil {
			return "", fmt.Errorf("take fault %s: %w", p.Fault, err)
		}
		if n == 1 {
			return p.Fault, nil
		}
	}
	return "", nil
}
