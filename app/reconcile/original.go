package reconcile

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

// Original is a bill with its bytes as they came from the channel, verified. The
// caller closes it.
type Original struct {
	Bill
	archive.Blob
}

// Download opens an original to be handed out, which is recorded. Errors:
// NotFound; Internal with reason archive_altered when the archive's bytes are not
// what was fetched.
func (s *Service) Download(ctx context.Context, scope payments.Scope, billID string) (Original, error) {
	b, blob, err := s.original(ctx, scope, billID)
	if err != nil {
		return Original{}, err
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		return s.Audit.Record(ctx, tx, audit.Entry{Chain: b.MerchantID, Action: "reconciliation.download", Target: b.ID, After: struct {
			Name string `json:"name"`
			Key  string `json:"sha256"`
		}{b.Name, b.Key}})
	})
	if err != nil {
		_ = blob.Close()
		return Original{}, fmt.Errorf("download bill %s: %w", billID, err)
	}
	return Original{b, blob}, nil
}

func (s *Service) original(ctx context.Context, scope payments.Scope, billID string) (Bill, archive.Blob, error) {
	b, err := s.store.bill(ctx, s.DB, scope.MerchantID, billID)
	if err != nil {
		return b, nil, err
	}
	if _, err := s.store.row(ctx, s.DB, scope, b.RunID); err != nil {
		return b, nil, app.Errorf(app.NotFound, "no bill %s", billID).WithReason("bill_not_found").WithCause(err)
	}
	blob, err := s.Archive.Open(ctx, b.Key)
	return b, blob, err
}
