package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/audit"
)

const resealPage = 200

// Reseal seals again, by the keyset's primary key, whatever another key has
// sealed, and returns how many values it replaced. It is the step between
// promoting a new key and retiring the old one; it may be interrupted, and run
// beside running servers. A change at the same moment can put a value back under
// the old key: retire that key only once a run has replaced nothing.
func (s *Service) Reseal(ctx context.Context) (int, error) {
	credentials, err := s.resealCredentials(ctx)
	if err != nil {
		return credentials, fmt.Errorf("reseal credentials: %w", err)
	}
	providers, err := s.resealProviders(ctx)
	credentials += providers
	if err != nil {
		return credentials, fmt.Errorf("reseal providers: %w", err)
	}
	drafts, err := s.resealDrafts(ctx)
	credentials += drafts
	if err != nil {
		return credentials, fmt.Errorf("reseal drafts: %w", err)
	}
	secrets, err := s.resealAppSecrets(ctx)
	if err != nil {
		return credentials + secrets, fmt.Errorf("reseal app secrets: %w", err)
	}
	return credentials + secrets, nil
}

func (s *Service) resealDrafts(ctx context.Context) (int, error) {
	replaced, after := 0, ""
	for {
		rows, err := selectDraftsAfter(ctx, s.db, after, resealPage)
		if err != nil || len(rows) == 0 {
			return replaced, err
		}
		for _, row := range rows {
			after = row.AccountID
			fresh, err := s.freshlySealed(row, row.AccountID)
			if err != nil {
				return replaced, err
			}
			if fresh == nil {
				continue
			}
			done, err := resealDraft(ctx, s.db, row, fresh)
			if err != nil {
				return replaced, err
			}
			if done {
				replaced++
			}
		}
	}
}

func (s *Service) resealProviders(ctx context.Context) (int, error) {
	replaced, after := 0, ""
	for {
		rows, err := selectProviderCredentialsAfter(ctx, s.db, after, resealPage)
		if err != nil || len(rows) == 0 {
			return replaced, err
		}
		for _, row := range rows {
			after, row.MerchantID = row.AccountID, audit.Platform
			fresh, err := s.freshlySealed(row, row.AccountID)
			if err != nil {
				return replaced, err
			}
			if fresh == nil {
				continue
			}
			done, err := resealProvider(ctx, s.db, row, fresh)
			if err != nil {
				return replaced, err
			}
			if done {
				replaced++
			}
		}
	}
}

func (s *Service) resealCredentials(ctx context.Context) (int, error) {
	replaced, after := 0, ""
	for {
		rows, err := selectCredentialsAfter(ctx, s.db, after, resealPage)
		if err != nil || len(rows) == 0 {
			return replaced, err
		}
		for _, row := range rows {
			after = row.AccountID
			fresh, err := s.freshlySealed(row, row.AccountID)
			if err != nil {
				return replaced, err
			}
			if fresh == nil {
				continue
			}
			done, err := resealCredentials(ctx, s.db, row, fresh)
			if err != nil {
				return replaced, err
			}
			if done {
				replaced++
			}
		}
	}
}

func (s *Service) resealAppSecrets(ctx context.Context) (int, error) {
	replaced := 0
	var last resealRow
	for {
		rows, err := selectAppSecretsAfter(ctx, s.db, last.AccountID, last.AppID, resealPage)
		if err != nil || len(rows) == 0 {
			return replaced, err
		}
		for _, row := range rows {
			last = row
			fresh, err := s.freshlySealed(row, appRow(row.AccountID, row.AppID))
			if err != nil {
				return replaced, err
			}
			if fresh == nil {
				continue
			}
			done, err := resealAppSecret(ctx, s.db, row, fresh)
			if err != nil {
				return replaced, err
			}
			if done {
				replaced++
			}
		}
	}
}

// freshlySealed returns the value sealed by the primary key, nil when it is.
func (s *Service) freshlySealed(row resealRow, rowID string) ([]byte, error) {
	if s.seal.Current(row.Sealed) {
		return nil, nil
	}
	plain, err := s.seal.Open(row.Sealed, row.MerchantID, rowID)
	if err != nil {
		return nil, err
	}
	return s.seal.Seal(plain, row.MerchantID, rowID)
}
