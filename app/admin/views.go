package admin

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// A reason is read by the merchant, so it says something.
const (
	leastReason   = 8
	longestReason = 300
)

// checkReason trims what a person gives as their reason: Invalid on field
// "reason" when it says too little or too much.
func checkReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	n := utf8.RuneCountInString(reason)
	switch {
	case n == 0:
		return "", app.InvalidField("reason", "required", "give a reason")
	case n < leastReason || n > longestReason || !utf8.ValidString(reason):
		return "", app.InvalidField("reason", "length", "a reason has %d to %d characters", leastReason, longestReason)
	}
	return reason, nil
}

// StartView has the acting user's session look into a merchant, and no longer
// into another. It needs merchants:look on the platform, and is recorded with
// its reason for the platform and for the merchant. Codes: Forbidden, Invalid
// (reason).
func (s *Service) StartView(ctx context.Context, session access.Session, merchantID, reason string) (access.View, error) {
	userID, err := actingUser(ctx)
	if err != nil {
		return access.View{}, err
	}
	if userID != session.UserID || !app.ValidID(app.PrefixMerchant, merchantID) {
		return access.View{}, forbidden()
	}
	if err := s.require(ctx, access.Platform, access.Merchants, access.Look); err != nil {
		return access.View{}, err
	}
	if reason, err = checkReason(reason); err != nil {
		return access.View{}, err
	}
	var v access.View
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		before, err := s.access.View(ctx, tx, session.ID)
		if err == nil {
			err = s.leave(ctx, tx, before)
		}
		if err != nil && !app.Is(err, app.NotFound) {
			return err
		}
		if v, err = s.access.StartView(ctx, tx, session, merchantID, reason); err != nil {
			return err
		}
		return s.recordView(ctx, tx, audit.Entry{
			Action: "merchant.view", Target: merchantID,
			After: map[string]string{"reason": reason, "until": v.Until.Time().In(app.Beijing).Format(time.RFC3339)},
		})
	})
	if err != nil {
		return access.View{}, fmt.Errorf("look into %s: %w", merchantID, err)
	}
	return v, nil
}

// LeaveView ends what the acting user's session looks into, if anything, and
// records it for the platform and for the merchant.
func (s *Service) LeaveView(ctx context.Context, session access.Session) error {
	userID, err := actingUser(ctx)
	if err != nil {
		return err
	}
	if userID != session.UserID {
		return forbidden()
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		v, err := s.access.View(ctx, tx, session.ID)
		if err != nil {
			return err
		}
		return s.leave(ctx, tx, v)
	})
	if err != nil && !app.Is(err, app.NotFound) {
		return fmt.Errorf("leave: %w", err)
	}
	return nil
}

// leave ends v, unless somebody else just did.
func (s *Service) leave(ctx context.Context, tx *db.Tx, v access.View) error {
	ended, err := s.access.EndView(ctx, tx, v)
	if err != nil || !ended {
		return err
	}
	return s.recordView(ctx, tx, audit.Entry{
		Action: "merchant.leave", Target: v.MerchantID,
		Before: map[string]string{"reason": v.Reason, "since": v.StartedAt.Time().In(app.Beijing).Format(time.RFC3339)},
	})
}

// recordView records e for the platform and for the merchant, in the order in
// which a new member's rows lock the chains.
func (s *Service) recordView(ctx context.Context, tx *db.Tx, e audit.Entry) error {
	for _, chain := range []string{audit.Platform, e.Target} {
		e.Chain = chain
		if err := s.audit.Record(ctx, tx, e); err != nil {
			return err
		}
	}
	return nil
}
