package admin

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/access"
)

// The platform invites a merchant's people, its owner above all, without looking
// into the merchant. Each needs merchants:write on the platform, and the right to
// grant the role; where the merchant wants two people, the platform alone is one.

// AppointByLink is Invite for the platform. Codes: as Invite.
func (s *Service) AppointByLink(ctx context.Context, merchantID, email string, role access.Role) (Invitation, string, error) {
	if err := s.require(ctx, access.Platform, access.Merchants, access.Write); err != nil {
		return Invitation{}, "", err
	}
	return s.inviteAlone(ctx, merchantID, email, role)
}

// RenewAppointment is Renew for the platform. Codes: as Renew.
func (s *Service) RenewAppointment(ctx context.Context, merchantID, id string) (Invitation, string, error) {
	if err := s.require(ctx, access.Platform, access.Merchants, access.Write); err != nil {
		return Invitation{}, "", err
	}
	return s.renewAlone(ctx, merchantID, id)
}

// EndAppointment is Uninvite for the platform. Codes: as Uninvite.
func (s *Service) EndAppointment(ctx context.Context, merchantID, id string) error {
	if err := s.require(ctx, access.Platform, access.Merchants, access.Write); err != nil {
		return err
	}
	return s.uninvite(ctx, merchantID, id)
}

// Appointments are Invitations for the platform. It needs users:read there: they
// name people. Code: Forbidden.
func (s *Service) Appointments(ctx context.Context, merchantID string) ([]Invitation, error) {
	if err := s.require(ctx, access.Platform, access.Users, access.Read); err != nil {
		return nil, err
	}
	list, err := pendingInvitations(ctx, s.db, merchantID)
	if err != nil {
		return nil, fmt.Errorf("list invitations: %w", err)
	}
	return list, nil
}
