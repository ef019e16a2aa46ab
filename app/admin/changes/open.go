package changes

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
)

// opens reports whether the change is done by who asked, after the yes.
func (c change) opens() bool { return c.Kind == KeyCreate || c.Kind == KeyRoll }

// Ready reports whether the acting user may open the key of a change now.
func (s *Service) Ready(ctx context.Context, merchantID, changeID string) (bool, error) {
	c, err := read(ctx, s.DB, merchantID, changeID)
	if err != nil {
		return false, err
	}
	now, err := s.DB.Now(ctx)
	return err == nil && c.Status == ready && now < c.UsableUntil && c.RequestedBy == audit.ActorFrom(ctx).ID, err
}

// Open makes the key of an approved change and returns its secret, once, to who
// asked. Errors: NotFound; Forbidden ("not_requester"); Conflict ("change_over"),
// and as merchants.RollKey.
func (s *Service) Open(ctx context.Context, merchantID, changeID string) (merchants.Key, string, error) {
	var k merchants.Key
	var secret string
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return err
		}
		c, err := read(ctx, tx, merchantID, changeID)
		if err != nil {
			return err
		}
		if actor := audit.ActorFrom(ctx); actor.Kind != audit.KindUser || actor.ID != c.RequestedBy {
			return app.Errorf(app.Forbidden, "only who asked for the key may open it").WithReason("not_requester")
		}
		if !c.opens() || now >= c.UsableUntil {
			return app.Errorf(app.Conflict, "change %s cannot be opened", c.ID).WithReason("change_over")
		}
		c.Status, c.EndedAt = done, now
		if err := s.move(ctx, tx, c, ready); err != nil {
			return err
		}
		k, secret, err = s.makeKey(ctx, tx, c)
		return err
	})
	if err != nil {
		return merchants.Key{}, "", fmt.Errorf("open %s: %w", changeID, err)
	}
	return k, secret, nil
}

func (s *Service) makeKey(ctx context.Context, tx *db.Tx, c change) (merchants.Key, string, error) {
	var p payload
	if err := json.Unmarshal([]byte(c.Payload), &p); err != nil {
		return merchants.Key{}, "", fmt.Errorf("read change %s: %w", c.ID, err)
	}
	if c.Kind == KeyRoll {
		return s.Merchants.RollKeyIn(ctx, tx, c.MerchantID, c.ObjectID, p.Overlap, time.Time{})
	}
	return s.Merchants.CreateKeyIn(ctx, tx, c.MerchantID, c.Mode, *p.Key)
}
