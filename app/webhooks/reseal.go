package webhooks

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app/db"
)

const resealPage = 200

// Resealer is a Sealer that knows by which key it seals now.
type Resealer interface {
	Sealer
	// Current reports whether sealed was sealed by the key in use now.
	Current(sealed []byte) bool
}

// Reseal seals again, by the sealer's present key, every signing secret that
// another key has sealed, and returns how many. It may be interrupted, and run
// beside running servers; the old key may retire once a run replaces nothing.
func Reseal(ctx context.Context, d *db.DB, sealer Resealer) (int, error) {
	replaced, after := 0, ""
	for {
		page, err := selectSecretsAfter(ctx, d, after, resealPage)
		if err != nil {
			return replaced, fmt.Errorf("reseal webhook secrets: %w", err)
		}
		if len(page) == 0 {
			return replaced, nil
		}
		for _, s := range page {
			after = s.ID
			done, err := resealOne(ctx, d, sealer, s)
			if err != nil {
				return replaced, fmt.Errorf("reseal webhook secret %s: %w", s.ID, err)
			}
			if done {
				replaced++
			}
		}
	}
}

func resealOne(ctx context.Context, d *db.DB, sealer Resealer, s Secret) (bool, error) {
	if sealer.Current(s.Sealed) {
		return false, nil
	}
	plain, err := sealer.Open(s.Sealed, s.MerchantID, s.ID)
	if err != nil {
		return false, err
	}
	fresh, err := sealer.Seal(plain, s.MerchantID, s.ID)
	if err != nil {
		return false, err
	}
	return replaceSealed(ctx, d, s, fresh)
}
