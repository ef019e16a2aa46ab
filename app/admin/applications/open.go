package applications

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
)

// Open opens a merchant that nobody applied for and, where an email is given,
// invites its owner in the same transaction. The token goes into the invitation's
// link and nowhere else; it is "" without an owner. It needs merchants:write on
// the platform, and the right to make somebody owner. Whether the owner has a user
// already, the answer does not tell. Codes: Forbidden ("own_role" for oneself),
// Invalid ("name", "email").
func (s *Service) Open(ctx context.Context, name, ownerEmail string) (merchants.Merchant, admin.Invitation, string, error) {
	var i admin.Invitation
	var token string
	if err := s.require(ctx, access.Write); err != nil {
		return merchants.Merchant{}, i, "", err
	}
	m, err := s.Merchants.NewMerchant(ctx, name)
	if err != nil {
		return merchants.Merchant{}, i, "", err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.Merchants.AddMerchant(ctx, tx, m); err != nil || ownerEmail == "" {
			return err
		}
		var err error
		i, token, err = s.Admin.InviteLinkIn(ctx, tx, m.ID, ownerEmail, access.Owner)
		return err
	})
	if err != nil {
		return merchants.Merchant{}, admin.Invitation{}, "", fmt.Errorf("open merchant %s: %w", name, err)
	}
	return m, i, token, nil
}
