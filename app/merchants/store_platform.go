package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// AccountHealth is how one account of any merchant works.
type AccountHealth struct {
	Account
	MerchantName string
	Circuit      Circuit // its zero value when it never had trouble
	// ChannelCertificateExpiresAt is when the channel's own certificates end; 0
	// where none are kept.
	ChannelCertificateExpiresAt app.Millis
}

// HealthFilter selects accounts of every merchant for the platform's list,
// newest first.
type HealthFilter struct {
	Mode    app.Mode
	Channel app.Channel // "" means all
	Before  string      // only ids below it; "" for the first page
	Limit   int         // 1 to 100; 0 means 20
}

// PlatformHealth returns a page of how accounts work, across merchants.
func (s *Service) PlatformHealth(ctx context.Context, f HealthFilter) ([]AccountHealth, error) {
	f.Limit = pageSize(f.Limit)
	list, err := selectAllAccounts(ctx, s.db, f)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	ids, owners := make([]string, len(list)), make([]string, len(list))
	for i, a := range list {
		ids[i], owners[i] = a.ID, a.MerchantID
	}
	circuits, err := circuitsOf(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("read circuits: %w", err)
	}
	certificates, err := certificatesOf(ctx, s.db, ids)
	if err != nil {
		return nil, fmt.Errorf("read certificates: %w", err)
	}
	names, err := s.Names(ctx, owners)
	if err != nil {
		return nil, err
	}
	out := make([]AccountHealth, len(list))
	for i, a := range list {
		out[i] = AccountHealth{Account: a}
		for _, n := range names {
			if n.ID == a.MerchantID {
				out[i].MerchantName = n.Name
			}
		}
		for _, c := range circuits {
			if c.AccountID == a.ID {
				out[i].Circuit = c.circuit()
			}
		}
		for _, c := range certificates {
			if c.AccountID == a.ID && c.Owner == OwnedByChannel {
				out[i].ChannelCertificateExpiresAt = c.ExpiresAt
			}
		}
	}
	return out, nil
}

func selectAllAccounts(ctx context.Context, q db.Querier, f HealthFilter) ([]Account, error) {
	b := db.NewBuild(`SELECT id FROM accounts WHERE mode = ?`, f.Mode)
	if f.Channel != "" {
		b.And(`channel = ?`, f.Channel)
	}
	if f.Before != "" {
		b.And(`id < ?`, f.Before)
	}
	var ids []string
	if err := b.Tail(`ORDER BY id DESC LIMIT ?`, f.Limit).Select(ctx, q, &ids); err != nil || len(ids) == 0 {
		return nil, err
	}
	var rows []accountRow
	if err := q.Select(ctx, &rows, accountSelect+` WHERE a.id IN (?) ORDER BY a.id DESC, p.ordinal`, ids); err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return accounts(rows)
}

func circuitsOf(ctx context.Context, q db.Querier, ids []string) ([]circuitRow, error) {
	var rows []circuitRow
	err := q.Select(ctx, &rows, circuitSelect+` WHERE account_id IN (?)`, ids)
	return rows, err
}

func certificatesOf(ctx context.Context, q db.Querier, ids []string) ([]certificateRow, error) {
	var rows []certificateRow
	err := q.Select(ctx, &rows, certificateSelect+` WHERE account_id IN (?)`, ids)
	return rows, err
}
