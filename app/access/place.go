package access

import (
	"context"
	"errors"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Place is the merchant and mode in which a user was last.
type Place struct {
	MerchantID string   `db:"merchant_id"`
	Mode       app.Mode `db:"mode"`
}

// Place returns where the user was last, whatever they may do there now; an empty
// one when they were nowhere yet.
func (s *Service) Place(ctx context.Context, userID string) (Place, error) {
	p, err := readPlace(ctx, s.db, userID)
	if errors.Is(err, db.ErrNoRows) {
		return Place{}, nil
	}
	if err != nil {
		return Place{}, fmt.Errorf("read where %s was last: %w", userID, err)
	}
	return p, nil
}

// Remember notes where the user is, so that they begin there when they next sign
// in, at whatever server.
func (s *Service) Remember(ctx context.Context, userID string, p Place) error {
	n, err := updatePlace(ctx, s.db, userID, p, s.now())
	if err == nil && n == 0 {
		if err = insertPlace(ctx, s.db, userID, p, s.now()); db.IsDuplicate(err) {
			_, err = updatePlace(ctx, s.db, userID, p, s.now())
		}
	}
	if err != nil {
		return fmt.Errorf("note where %s is: %w", userID, err)
	}
	return nil
}
