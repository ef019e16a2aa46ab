package exceptions

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/db"
)

// withdraw takes back, for the system, the request about an exception that
// nobody has to decide any more. One of a batch stays: its others still wait.
func (s *Service) withdraw(ctx context.Context, tx *db.Tx, e Exception) error {
	if e.ApprovalID == "" || e.BatchID != "" {
		return nil
	}
	err := s.Approvals.Cancel(ctx, tx, approvals.Scope(e.scope()), e.ApprovalID, runner.Name)
	if app.Is(err, app.Conflict) {
		return app.Errorf(app.Internal, "exception %s waits for approval %s, which is decided", e.ID, e.ApprovalID)
	}
	return err
}

func (e Exception) scope() Scope { return Scope{MerchantID: e.MerchantID, Mode: e.Mode} }
