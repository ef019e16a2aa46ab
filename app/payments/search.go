package payments

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Payee is where a merchant's money goes: an identity (mchid or PID) at a
// channel. A channel's own numbers mean something only beside it.
type Payee struct {
	Channel  app.Channel
	Identity string
}

// CleanNumber is a number as it was meant, whatever came along when it was copied
// from a spreadsheet, a bill or a chat: blanks within and around, quotes, the
// apostrophe, TAB and ="…" by which spreadsheets keep digits text, and invisible
// marks.
func CleanNumber(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("\"'`“”‘’「」『』，,;；", r) {
			return -1
		}
		return r
	}, s)
	return strings.TrimPrefix(s, "=")
}

// Find returns the payments of the scope that a number stands for: a payment's
// id, an attempt's (the number the channel knows), the merchant's order_no, or
// the channel's own number at one of the payees. Usually one, possibly several,
// none when nothing matches.
func (s *Service) Find(ctx context.Context, scope Scope, number string, payees []Payee) ([]Payment, error) {
	number = CleanNumber(number)
	if !app.PlainASCII(number, maxOrderNo) {
		return nil, nil
	}
	ids, err := s.numbered(ctx, scope, number, payees)
	if err != nil {
		return nil, err
	}
	var out []Payment
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		p, err := s.store.payment(ctx, s.DB, scope, id)
		if app.Is(err, app.NotFound) {
			continue // another mode's
		}
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// numbered returns the ids of the payments that the number may stand for.
func (s *Service) numbered(ctx context.Context, scope Scope, number string, payees []Payee) ([]string, error) {
	ids := []string{}
	if app.ValidID(app.PrefixPayment, number) {
		ids = append(ids, number)
	}
	if app.ValidID(app.PrefixAttempt, number) {
		a, err := s.store.attempt(ctx, s.DB, scope.MerchantID, number)
		if err != nil && !app.Is(err, app.NotFound) {
			return nil, err
		}
		if err == nil {
			ids = append(ids, a.PaymentID)
		}
	}
	key, err := s.store.key(ctx, s.DB, scope, number)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return nil, err
	}
	if err == nil {
		ids = append(ids, key.PaymentID)
	}
	traded, err := s.store.traded(ctx, s.DB, scope, number, payees)
	return append(ids, traded...), err
}
