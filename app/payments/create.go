package payments

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Created is what Create came to. New is false when the order_no had been used
// for the same order before. Unknown means that the channel has not certainly
// accepted the order yet: the payment stays created, and a job or the same
// request repeated sends the stored request again.
type Created struct {
	View    View
	New     bool
	Unknown bool
}

// Shown implements Outcome.
func (c Created) Shown() (any, bool, bool) { return c.View, c.New, c.Unknown }

// Create places a unified order: it stores the payment with its first attempt
// and then sends the attempt to the channel. The same order_no with the same
// content returns the same payment. claim is the request's Idempotency-Key, nil
// without one.
//
// Its errors are Invalid (the fields named), Conflict with reason
// order_no_conflict, NotFound for an unknown account_id, Declined with reason
// channel_refused when the channel refused for certain, and Unavailable with
// reason channel_unavailable, nothing stored, while the channel does not answer.
func (s *Service) Create(ctx context.Context, scope Scope, in CreateInput, claim *Claim) (Created, error) {
	if err := in.validate(s.Clients.Methods()); err != nil {
		return Created{}, err
	}
	now, err := s.DB.Now(ctx)
	if err != nil {
		return Created{}, err
	}
	account, way, err := s.admit(ctx, scope, in, now)
	if err != nil {
		// What a new order may not do, an old one may have done in its time.
		return s.resume(ctx, scope, in, claim, err)
	}
	p := s.newPayment(scope, in, account, now)
	a, err := s.newAttempt(p, account, way, now)
	if err != nil {
		return Created{}, err
	}
	p.OpenAttemptID = a.ID
	err = s.place(ctx, p, a, in, claim, now)
	switch {
	case err == nil:
		return s.send(ctx, p, a, account, claim, true)
	case errors.Is(err, db.ErrCommitUnknown) && s.placed(ctx, p):
		return s.send(ctx, p, a, account, claim, true)
	case db.IsDuplicate(err), errors.Is(err, db.ErrCommitUnknown):
		return s.resume(ctx, scope, in, claim, err)
	}
	return Created{}, err
}

// placed reports, after a commit whose answer was lost, whether p stands: then
// this request still holds its key and its lease, and goes on.
func (s *Service) placed(ctx context.Context, p Payment) bool {
	key, err := s.store.key(ctx, s.DB, Scope{p.MerchantID, p.Mode}, p.OrderNo)
	return err == nil && key.PaymentID == p.ID
}

// admit decides whether and at which account a new order may be placed.
func (s *Service) admit(ctx context.Context, scope Scope, in CreateInput, now app.Millis) (merchants.Account, Way, error) {
	if err := in.checkExpiry(now.Time()); err != nil {
		return merchants.Account{}, Way{}, err
	}
	return s.choose(ctx, scope, in.way())
}

// choose finds the account to pay at, which must be answering, and names the app
// in the way it returns.
func (s *Service) choose(ctx context.Context, scope Scope, w Way) (merchants.Account, Way, error) {
	account, err := s.Accounts.Choose(ctx, scope.MerchantID, scope.Mode, w.Method.Channel(), w.AccountID, w.AppID, w.kinds()...)
	if err != nil {
		return account, w, err
	}
	if w.AppID, err = appFor(account, w); err != nil {
		return account, w, err
	}
	return account, w, s.ready(account)
}

// place makes the order durable before anything is sent.
func (s *Service) place(ctx context.Context, p Payment, a Attempt, in CreateInput, claim *Claim, now app.Millis) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.claim(ctx, tx, claim, now); err != nil {
			return err
		}
		if err := s.store.insertPayment(ctx, tx, p, in.fingerprint()); err != nil {
			return err
		}
		if err := s.store.insertAttempt(ctx, tx, a); err != nil {
			return err
		}
		if err := s.store.insertTimeline(ctx, tx, []Entry{askedEntry(ctx, now, a, in, claim)}); err != nil {
			return err
		}
		return s.note(ctx, tx, events.PaymentCreated, p)
	})
}

// askedEntry tells of the request, in the write that makes the order durable.
func askedEntry(ctx context.Context, now app.Millis, a Attempt, in CreateInput, claim *Claim) Entry {
	args := map[string]string{"order_no": in.OrderNo, "method": string(in.Method)}
	if ip := app.ClientIP(ctx); ip != "" {
		args["ip"] = ip
	}
	if claim != nil {
		args["idempotency_key"] = claim.Key
	}
	e := entry(ctx, now, a, KindAPI, "api.create", args)
	if len(in.Asked) <= maxTimelineText { // a part of it could not be sent again
		e.Request = in.Asked
	}
	return e
}

func (s *Service) newPayment(scope Scope, in CreateInput, account merchants.Account, now app.Millis) Payment {
	expires := in.ExpiresAt
	if expires.IsZero() {
		expires = now.Time().Add(s.DefaultExpiry)
	}
	metadata := "{}"
	if len(in.Metadata) > 0 {
		// A map of strings always marshals.
		b, _ := json.Marshal(in.Metadata)
		metadata = string(b)
	}
	return Payment{
		ID: app.NewID(app.PrefixPayment, now.Time()), MerchantID: scope.MerchantID, Mode: scope.Mode,
		OrderNo: in.OrderNo, Status: StatusCreated, Amount: in.Amount, Currency: in.Currency, Subject: in.Subject,
		Method: in.Method, Channel: in.Method.Channel(), AccountID: account.ID, Metadata: metadata,
		// Channels keep whole seconds.
		ReturnURL: in.ReturnURL, ExpiresAt: app.ToMillis(expires.Truncate(time.Second)),
		CreatedAt: now, UpdatedAt: now, Version: 1,
	}
}

// newAttempt makes the order as it will be sent, and leases it to this request.
// What p says of its attempt is left to the caller.
func (s *Service) newAttempt(p Payment, account merchants.Account, w Way, now app.Millis) (Attempt, error) {
	c := w.Method.Channel()
	a := Attempt{
		ID: app.NewID(app.PrefixAttempt, now.Time()), PaymentID: p.ID, MerchantID: p.MerchantID, Mode: p.Mode,
		AccountID: account.ID, Channel: c, Identity: account.Identity, SubIdentity: account.SubIdentity, AppID: w.AppID, Method: w.Method,
		Status: StatusCreated, Amount: p.Amount, CreatedAt: now, ExpiresAt: p.ExpiresAt,
		LeaseOwner: app.NewID("lse_", now.Time()), LeaseUntil: now.Add(s.leaseTime()),
		authCode: w.Payer.AuthCode,
	}
	if byCode(w.Method) {
		a.ExpiresAt = min(p.ExpiresAt, now.Add(s.CodeWait))
	}
	a.NextQueryAt = nextQuery(a, now, account.Health.DeafSince != 0)
	payer := w.Payer
	payer.AuthCode = ""
	request, err := json.Marshal(channel.PayRequest{
		Number: a.ID, AppID: w.AppID, Method: w.Method, Amount: p.Amount, Currency: p.Currency, Subject: p.Subject,
		NotifyURL: s.BaseURL + "/callbacks/" + string(c) + "/" + account.ID, ReturnURL: w.ReturnURL,
		ExpiresAt: p.ExpiresAt.Time(), Payer: payer, Options: w.Options,
	})
	if err != nil {
		return a, app.Errorf(app.Internal, "write the request of %s: %w", a.ID, err)
	}
	a.Request = string(request)
	return a, nil
}

// leaseTime is how long one call to a channel may keep others from calling
// about the same attempt.
func (s *Service) leaseTime() time.Duration { return s.ChannelTimeout + 10*time.Second }
