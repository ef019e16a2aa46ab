package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Identity is a settlement identity of a merchant: whose bills a channel makes.
// Accounts share it.
type Identity struct {
	ID          string      `db:"id"` // sid_…
	MerchantID  string      `db:"merchant_id"`
	Mode        app.Mode    `db:"mode"`
	Channel     app.Channel `db:"channel"`
	Identity    string      `db:"identity"`     // mchid or PID
	SubIdentity string      `db:"sub_identity"` // sub_mchid, or ""
	// CreatedAt is when its first account was registered.
	CreatedAt app.Millis `db:"created_at"`
}

const identityColumns = `id, merchant_id, mode, channel, identity, sub_identity, created_at`

// IdentitiesAfter returns a page of all merchants' settlement identities by id,
// after the given one. It is for jobs, which begin with no merchant.
func (s *Service) IdentitiesAfter(ctx context.Context, after string, limit int) ([]Identity, error) {
	var out []Identity
	err := s.db.Select(ctx, &out, `SELECT `+identityColumns+` FROM settlement_identities WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list settlement identities: %w", err)
	}
	return out, nil
}

// Identities returns a merchant's settlement identities of a mode, by id.
func (s *Service) Identities(ctx context.Context, merchantID string, mode app.Mode) ([]Identity, error) {
	var out []Identity
	err := s.db.Select(ctx, &out, `SELECT `+identityColumns+` FROM settlement_identities WHERE merchant_id = ? AND mode = ? ORDER BY id`, merchantID, mode)
	if err != nil {
		return nil, fmt.Errorf("list the settlement identities of %s: %w", merchantID, err)
	}
	return out, nil
}

// AccountsOf returns the accounts of a settlement identity: those that may take
// payments first, then those whose keys worked last, then by id.
func (s *Service) AccountsOf(ctx context.Context, merchantID, identityID string) ([]Account, error) {
	return selectAccountsOf(ctx, s.db, merchantID, identityID)
}

func selectAccountsOf(ctx context.Context, q db.Querier, merchantID, identityID string) ([]Account, error) {
	var rows []accountRow
	err := q.Select(ctx, &rows, accountSelect+` WHERE a.merchant_id = ? AND a.identity_id = ? ORDER BY a.enabled DESC, a.last_success_at DESC, a.id, p.ordinal`, merchantID, identityID)
	if err != nil {
		return nil, fmt.Errorf("read the accounts of %s: %w", identityID, err)
	}
	return accounts(rows)
}
