package statements

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/events"
)

// EventCompleted tells that a settlement identity's day has been compared.
const EventCompleted = "reconciliation.completed"

// CompletedView is the event's object: the statements of the accounts that
// settle through one identity.
type CompletedView struct {
	RunID       string      `json:"run_id"`
	MerchantID  string      `json:"merchant_id"`
	Mode        app.Mode    `json:"mode"`
	Date        app.Day     `json:"date"`
	Channel     app.Channel `json:"channel"`
	Identity    string      `json:"identity"`
	SubIdentity *string     `json:"sub_identity"`
	Status      Status      `json:"status"`
	Partial     bool        `json:"partial"`
	Carried     int64       `json:"carried"`
	Statements  []View      `json:"statements"`
	Version     int64       `json:"version"`
}

// Completed tells of the outcome that Write kept, in the same transaction, once
// the run's exceptions have been filed in it too: an event for the merchant's
// endpoints, and a mail where the merchant wants one. An outcome that has been
// told of is not told again.
func (s *Service) Completed(ctx context.Context, tx *db.Tx, run RunRef) error {
	day, found, err := s.store.dayOf(ctx, tx, run)
	if err != nil {
		return err
	}
	if !found {
		return app.Errorf(app.Internal, "%s ended without statements", run.ID)
	}
	if day.CompletedVersion == day.Version {
		return nil
	}
	b, err := s.load(ctx, tx, run.scope(), run.Day, run.Day)
	if err != nil {
		return err
	}
	view := CompletedView{
		RunID: run.ID, MerchantID: run.MerchantID, Mode: run.Mode, Date: run.Day, Channel: run.Channel, Identity: run.Identity,
		SubIdentity: optional(run.SubIdentity), Status: day.Status, Partial: day.Partial != 0, Carried: day.Carried, Statements: []View{}, Version: day.Version,
	}
	for _, st := range b.statements[place{run.IdentityID, run.Day}] {
		view.Statements = append(view.Statements, ViewOf(st))
		view.Status = gravest(view.Status, st.Status)
	}
	_, err = s.Events.Write(ctx, tx, events.New{Type: EventCompleted, MerchantID: run.MerchantID, Mode: run.Mode, ObjectID: run.ID, Data: view})
	if err != nil {
		return fmt.Errorf("tell of %s: %w", run.ID, err)
	}
	if err := s.queueMail(ctx, tx, run, b); err != nil {
		return err
	}
	return s.store.completed(ctx, tx, run, day.Version)
}
