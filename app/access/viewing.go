package access

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// ViewLife is how long a platform role looks into a merchant at most, before it
// says again why.
const ViewLife = time.Hour

// View is a session looking into a merchant as the platform. It ends with its
// session, after ViewLife, or when its user leaves.
type View struct {
	SessionID  string     `db:"session_id"`
	UserID     string     `db:"user_id"`
	MerchantID string     `db:"merchant_id"`
	Reason     string     `db:"reason"`
	StartedAt  app.Millis `db:"started_at"`
	Until      app.Millis `db:"until_at"`
	EndedAt    app.Millis `db:"ended_at"`
}

type viewedKey struct{}

// Viewing returns a context that looks into the merchant of v: in it, Allowed
// grants what platform roles may do in every merchant. Only who has read v for
// the session of the request may call it.
func Viewing(ctx context.Context, v View) context.Context {
	return context.WithValue(ctx, viewedKey{}, v)
}

// looksInto reports whether the context is the user's, looking into the merchant.
func looksInto(ctx context.Context, userID, merchantID string) bool {
	v, ok := ctx.Value(viewedKey{}).(View)
	return ok && v.UserID == userID && v.MerchantID == merchantID
}

// View returns what the session looks into now; NotFound when nothing.
func (s *Service) View(ctx context.Context, q db.Querier, sessionID string) (View, error) {
	v, err := readView(ctx, q, sessionID, s.now())
	if errors.Is(err, db.ErrNoRows) {
		return View{}, app.Errorf(app.NotFound, "the session looks into no merchant")
	}
	if err != nil {
		return View{}, fmt.Errorf("read what session %s looks into: %w", sessionID, err)
	}
	return v, nil
}

// StartView has the session look into the merchant from now on, and into no
// other: whatever it looked into before is over.
func (s *Service) StartView(ctx context.Context, tx *db.Tx, session Session, merchantID, reason string) (View, error) {
	now := s.now()
	v := View{
		SessionID: session.ID, UserID: session.UserID, MerchantID: merchantID, Reason: reason,
		StartedAt: now, Until: min(now.Add(ViewLife), session.ExpiresAt),
	}
	n, err := replaceView(ctx, tx, v)
	if err == nil && n == 0 {
		if err = insertView(ctx, tx, v); db.IsDuplicate(err) {
			_, err = replaceView(ctx, tx, v)
		}
	}
	if err != nil {
		return View{}, fmt.Errorf("look into %s: %w", merchantID, err)
	}
	return v, nil
}

// EndView ends v; false when it was over already.
func (s *Service) EndView(ctx context.Context, tx *db.Tx, v View) (bool, error) {
	n, err := endView(ctx, tx, v, s.now())
	if err != nil {
		return false, fmt.Errorf("leave %s: %w", v.MerchantID, err)
	}
	return n > 0, nil
}
