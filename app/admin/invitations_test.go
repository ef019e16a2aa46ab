package admin_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
)

func (w *world) invite(t *testing.T, email string, r access.Role) (admin.Invitation, string) {
	t.Helper()
	i, token, err := w.admin.Invite(as(w.owner1), w.one, email, r)
	if err != nil {
		t.Fatal(err)
	}
	return i, token
}

func newcomer(token string) admin.NewcomerInput {
	return admin.NewcomerInput{Token: token, Name: "Newcomer", Password: password, IP: "192.0.2.7"}
}

func TestAnInvitationIsAcceptedOnceByWhoeverIsNew(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		i, token := w.invite(t, " New@Example.com", access.Finance)
		if len(token) != 43 || i.Email != "new@example.com" {
			t.Fatalf("%+v, token of %d", i, len(token))
		}
		if n := 0; w.db.Get(t.Context(), &n, `SELECT COUNT(*) FROM invitations WHERE token_hash = ?`, token) != nil || n != 0 {
			t.Error("the token itself is stored")
		}
		for field, in := range map[string]admin.NewcomerInput{
			"name": {Token: token, Password: password}, "name of two lines": {Token: token, Name: "N\nPay here: x.example", Password: password},
			"name turned around": {Token: token, Name: "N\u202e", Password: password}, "password": {Token: token, Name: "N", Password: "short"},
		} {
			if _, err := w.admin.AcceptAsNew(t.Context(), in); !app.Is(err, app.Invalid) {
				t.Errorf("%s: %v", field, err)
			}
		}
		// Of many at once one makes the user.
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for range 5 {
			wg.Go(func() {
				if _, err := w.admin.AcceptAsNew(t.Context(), newcomer(token)); err == nil {
					mu.Lock()
					made++
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if made != 1 {
			t.Errorf("accepted %d times", made)
		}
		u, err := w.access.UserByEmail(t.Context(), w.db, "new@example.com")
		if err != nil || u.MustChangePassword || !w.allowed(t, u, w.one, access.Refunds, access.Approve) {
			t.Errorf("%+v, %v", u, err)
		}
		if _, err := w.access.Authenticate(t.Context(), u.Email, password, "192.0.2.7"); err != nil {
			t.Errorf("cannot sign in: %v", err)
		}
		if _, err := w.admin.AcceptAsNew(t.Context(), newcomer(token)); reason(err) != "invitation_not_found" {
			t.Errorf("used again: %v", err)
		}
		row := w.last(t, w.one)
		if row.Action != "role.grant" || row.ActorID != u.ID || row.ActorIP != "192.0.2.7" || strings.Contains(row.After, token) {
			t.Errorf("audited %+v", row)
		}
	})
}

func TestAnInvitationIsForItsAddressOnly(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		known, stranger := w.add(t, "known"), w.add(t, "stranger")
		_, token := w.invite(t, known.Email, access.Viewer)
		if _, err := w.admin.Accept(as(stranger), token); reason(err) != "other_email" {
			t.Errorf("another user: %v", err)
		}
		if _, err := w.admin.AcceptAsNew(t.Context(), newcomer(token)); reason(err) != "sign_in_to_accept" {
			t.Errorf("a second user for the address: %v", err)
		}
		// What is wrong with the form is said before whether the address is known.
		for _, email := range []string{"other@example.com"} {
			_, unknown := w.invite(t, email, access.Viewer)
			for _, in := range []admin.NewcomerInput{{Token: token, Name: "N", Password: "short"}, {Token: unknown, Name: "N", Password: "short"}} {
				if _, err := w.admin.AcceptAsNew(t.Context(), in); !app.Is(err, app.Invalid) {
					t.Errorf("a short password tells of the address: %v", err)
				}
			}
		}
		if _, err := w.admin.Accept(as(known), token); err != nil {
			t.Fatal(err)
		}
		if !w.allowed(t, known, w.one, access.Payments, access.Read) || w.allowed(t, stranger, w.one, access.Payments, access.Read) {
			t.Error("the role went to the wrong person")
		}
	})
}

func TestALinkEndsByTimeRevocationAndRenewal(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		clock := &movedClock{}
		w.admin.At(clock)
		i, first := w.invite(t, "new@example.com", access.Viewer)
		if _, _, err := w.admin.Invite(as(w.owner1), w.one, "NEW@example.com", access.Finance); reason(err) != "invitation_pending" {
			t.Errorf("invited twice: %v", err)
		}
		clock.by = admin.InvitationLife
		if _, err := w.admin.AcceptAsNew(t.Context(), newcomer(first)); reason(err) != "invitation_not_found" {
			t.Errorf("after seven days: %v", err)
		}
		i, second, err := w.admin.Renew(as(w.owner1), w.one, i.ID)
		if err != nil || second == first {
			t.Fatal(i, err)
		}
		clock.by = 0
		if _, err := w.admin.InvitationOf(t.Context(), first); reason(err) != "invitation_not_found" {
			t.Errorf("the old link: %v", err)
		}
		if _, _, err := w.admin.Renew(as(w.owner2), w.two, i.ID); reason(err) != "invitation_not_found" {
			t.Errorf("another merchant's: %v", err)
		}
		if err := w.admin.Uninvite(as(w.owner2), w.two, i.ID); reason(err) != "invitation_not_found" {
			t.Errorf("another merchant's: %v", err)
		}
		if err := w.admin.Uninvite(as(w.owner1), w.one, i.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.admin.AcceptAsNew(t.Context(), newcomer(second)); reason(err) != "invitation_not_found" {
			t.Errorf("revoked: %v", err)
		}
		if _, _, err := w.admin.Renew(as(w.owner1), w.one, i.ID); reason(err) != "invitation_ended" {
			t.Errorf("renewing what is revoked: %v", err)
		}
		if list, err := w.admin.Invitations(as(w.owner1), w.one); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestAnInvitationIsWorthWhatItsSenderMayGive(t *testing.T) {
	inEach(t, func(t *testing.T, w *world) {
		dev := w.add(t, "dev", admin.Grant{Role: access.Developer, Domain: w.one})
		for name, err := range map[string]error{
			"a developer invites":      second2(w.admin.Invite(as(dev), w.one, "x@example.com", access.Viewer)),
			"another merchant's owner": second2(w.admin.Invite(as(w.owner2), w.one, "x@example.com", access.Viewer)),
		} {
			if reason(err) != "forbidden" {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, r := range []access.Role{access.PlatformAdmin, "emperor", ""} {
			if err := second2(w.admin.Invite(as(w.owner1), w.one, "x@example.com", r)); reason(err) != "invalid_request" {
				t.Errorf("%q: %v", r, err)
			}
		}
		if err := second2(w.admin.Invite(as(w.owner1), w.one, dev.Email, access.Developer)); reason(err) != "role_held" {
			t.Errorf("who has the role: %v", err)
		}
		w.add(t, "heir", admin.Grant{Role: access.Owner, Domain: w.one})
		_, token := w.invite(t, "new@example.com", access.Owner)
		if err := w.admin.Revoke(program(), w.owner1.ID, admin.Grant{Role: access.Owner, Domain: w.one}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.admin.AcceptAsNew(t.Context(), newcomer(token)); reason(err) != "inviter_lost_right" {
			t.Errorf("of a former owner: %v", err)
		}
	})
}

type movedClock struct{ by time.Duration }

func (c *movedClock) Now() time.Time { return time.Now().Add(c.by) }
