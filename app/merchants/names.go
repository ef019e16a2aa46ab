package merchants

import (
	"context"

	"github.com/piaohao/piaohao/app"
)

// Name is a merchant's id with its name, for choosing between merchants.
type Name struct {
	ID   string `db:"id"`
	Name string `db:"name"`
}

// MostNames is how many names are read at once.
const MostNames = 100

// Names returns the names of the merchants, by name; at most MostNames, and
// nothing for ids that do not exist.
func (s *Service) Names(ctx context.Context, ids []string) ([]Name, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return selectNames(ctx, s.db, ids)
}

// TakesPayments reports whether the merchant has an enabled account in the mode.
func (s *Service) TakesPayments(ctx context.Context, merchantID string, mode app.Mode) (bool, error) {
	return existsEnabled(ctx, s.db, merchantID, mode)
}
