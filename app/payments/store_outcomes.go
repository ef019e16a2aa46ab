package payments

import (
	"context"
	"fmt"
)

// Outcomes is how an account's latest orders at the channel went.
type Outcomes struct {
	Total   int `db:"total"`   // at most OutcomesOf
	Refused int `db:"refused"` // by the channel, with certainty
}

// OutcomesOf is how many of an account's latest orders Outcomes looks at.
const OutcomesOf = 200

// AccountOutcomes looks at the account's latest orders: one bounded walk of an
// index.
func (s *Service) AccountOutcomes(ctx context.Context, merchantID, accountID string) (Outcomes, error) {
	var o Outcomes
	err := s.DB.Get(ctx, &o, `SELECT COUNT(*) AS total, COALESCE(SUM(CASE WHEN status = 'failed' THEN 1 ELSE 0 END), 0) AS refused
		FROM (SELECT status FROM attempts WHERE account_id = ? AND merchant_id = ? ORDER BY id DESC LIMIT 200) latest`, accountID, merchantID)
	if err != nil {
		return Outcomes{}, fmt.Errorf("count the outcomes of %s: %w", accountID, err)
	}
	return o, nil
}
