package payments

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const maxRaces = 20

// inTx runs f in a transaction and again, on fresh reads, whenever another
// writer changed a row between f's read and its compare-and-set.
func (s *Service) inTx(ctx context.Context, f func(tx *db.Tx) error) error {
	for race := 1; ; race++ {
		err := s.DB.InTx(ctx, f)
		if !errors.Is(err, errRaced) {
			return err
		}
		if race == maxRaces {
			return app.Errorf(app.Unavailable, "the payment is being changed by others: %w", err)
		}
		time.Sleep(time.Duration(rand.Int64N(int64(race) * int64(2*time.Millisecond))))
	}
}

// idFloor returns the smallest id with the prefix made at or after the time.
func idFloor(prefix string, at app.Millis) string { return app.FirstID(prefix, at) }

// isMoved reports whether another report was first.
func isMoved(err error) bool { return errors.Is(err, errMoved) }
