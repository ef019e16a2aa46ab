package admin

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
)

const invitationColumns = `id, merchant_id, email, role_name, status, invited_by, invited_name, created_at, sent_at, expires_at, ended_by, ended_at, version, agreed_by`

func insertInvitation(ctx context.Context, q db.Querier, i Invitation, hash string) error {
	_, err := q.Exec(ctx, `INSERT INTO invitations (`+invitationColumns+`, token_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		i.ID, i.MerchantID, i.Email, i.Role, i.Status, i.InvitedBy, clip(i.InvitedName), i.CreatedAt, i.SentAt, i.ExpiresAt, i.EndedBy, i.EndedAt, i.Version, i.AgreedBy, hash)
	return err
}

func readInvitation(ctx context.Context, q db.Querier, merchantID, id string) (Invitation, error) {
	var i Invitation
	err := q.Get(ctx, &i, `SELECT `+invitationColumns+` FROM invitations WHERE merchant_id = ? AND id = ?`, merchantID, id)
	return i, err
}

// invitationByToken is the one reader without a merchant: the token says whose
// it is.
func invitationByToken(ctx context.Context, q db.Querier, hash string) (Invitation, error) {
	var i Invitation
	err := q.Get(ctx, &i, `SELECT `+invitationColumns+` FROM invitations WHERE token_hash = ?`, hash)
	return i, err
}

// pendingInvitations are at most maxPending, newest first.
func pendingInvitations(ctx context.Context, q db.Querier, merchantID string) ([]Invitation, error) {
	var list []Invitation
	err := q.Select(ctx, &list, `SELECT `+invitationColumns+` FROM invitations WHERE merchant_id = ? AND status = 'pending' ORDER BY id DESC LIMIT 200`, merchantID)
	return list, err
}

// endInvitation moves a pending invitation on; 0 when another was first.
func endInvitation(ctx context.Context, q db.Querier, i Invitation) (int64, error) {
	return q.Exec(ctx, `UPDATE invitations SET status = ?, ended_by = ?, ended_at = ?, version = version + 1
		WHERE merchant_id = ? AND id = ? AND status = 'pending'`, i.Status, i.EndedBy, i.EndedAt, i.MerchantID, i.ID)
}

func renewInvitation(ctx context.Context, q db.Querier, i Invitation, hash string) (int64, error) {
	return q.Exec(ctx, `UPDATE invitations SET token_hash = ?, invited_by = ?, invited_name = ?, sent_at = ?, expires_at = ?, agreed_by = ?, version = version + 1
		WHERE merchant_id = ? AND id = ? AND status = 'pending' AND version = ?`, hash, i.InvitedBy, clip(i.InvitedName), i.SentAt, i.ExpiresAt, i.AgreedBy, i.MerchantID, i.ID, i.Version)
}

func invitedTo(ctx context.Context, q db.Querier, merchantID string, r access.Role) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM invitations WHERE merchant_id = ? AND status = 'pending' AND role_name = ?`, merchantID, r)
	return n, err
}

// moveInvitations gives the role's invitations another role, to which nobody has
// agreed yet.
func moveInvitations(ctx context.Context, q db.Querier, merchantID string, from, to access.Role) error {
	_, err := q.Exec(ctx, `UPDATE invitations SET role_name = ?, agreed_by = '', version = version + 1 WHERE merchant_id = ? AND status = 'pending' AND role_name = ?`, to, merchantID, from)
	return err
}

func emailInvited(ctx context.Context, q db.Querier, merchantID, email string, now app.Millis) (int, error) {
	var n int
	err := q.Get(ctx, &n, `SELECT COUNT(*) FROM invitations WHERE merchant_id = ? AND status = 'pending' AND email = ? AND expires_at > ?`, merchantID, email, now)
	return n, err
}

func clip(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 190)])
}
