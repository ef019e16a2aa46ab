package applications

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/db"
)

// The longest answers, in characters. A company's name becomes its merchant's.
const (
	MaxCompany = 64
	MaxContact = 100
	MaxNote    = 500
)

// Input is what the public form takes.
type Input struct {
	Company, Contact, Email, Note string
	Locale                        string
}

// Check trims the input and returns it with its email in its stored form. Error:
// Invalid, with every wrong field.
func (in Input) Check() (Input, error) {
	var wrong []app.FieldError
	look := func(field string, value *string, limit int, lines bool) {
		*value = strings.TrimSpace(strings.ReplaceAll(*value, "\r\n", "\n"))
		code := ""
		switch {
		case *value == "":
			code = "required"
		case utf8.RuneCountInString(*value) > limit:
			code = "too_long"
		case !utf8.ValidString(*value) || strings.ContainsFunc(*value, func(c rune) bool { return unicode.IsControl(c) && (!lines || c != '\n') }):
			code = "bad_character"
		}
		if code != "" {
			wrong = append(wrong, app.FieldError{Field: field, Code: code, Message: fmt.Sprintf("%s has 1 to %d characters", field, limit)})
		}
	}
	look("company", &in.Company, MaxCompany, false)
	look("contact", &in.Contact, MaxContact, false)
	look("sells", &in.Note, MaxNote, true)
	email, err := access.NormalEmail(in.Email)
	if err != nil {
		wrong = append(wrong, app.FieldError{Field: "email", Code: "invalid", Message: "that is not an email address"})
	}
	if len(wrong) > 0 {
		return in, &app.Error{Code: app.Invalid, Message: "the application is not complete", Fields: wrong}
	}
	in.Email = email
	return in, nil
}

// Submit keeps an application. With verify it waits for Confirm by the returned
// token, which goes into a mailed link and nowhere else; without, an
// administrator sees it at once, as not verified, and the token is empty. Error:
// Invalid.
func (s *Service) Submit(ctx context.Context, in Input, verify bool) (Application, string, error) {
	in, err := in.Check()
	if err != nil {
		return Application{}, "", err
	}
	now := s.now()
	a := Application{
		ID: app.NewID(app.PrefixApplication, now.Time()), Company: in.Company, Contact: in.Contact, Email: in.Email, Note: in.Note, Locale: in.Locale,
		Status: Waiting, CreatedAt: now, Version: 1,
	}
	// Every row has a hash of its own, whether or not a link leads to it.
	token, hash := access.NewToken()
	if verify {
		a.Status, a.ExpiresAt = Unverified, now.Add(LinkLife)
	} else {
		token = ""
	}
	if err := insert(ctx, s.DB, a, hash); err != nil {
		return Application{}, "", fmt.Errorf("store application: %w", err)
	}
	return a, token, nil
}

// Unconfirmed returns the application that a mailed link leads to. NotFound for a
// token that is unknown, used or too old.
func (s *Service) Unconfirmed(ctx context.Context, token string) (Application, error) {
	return s.unconfirmed(ctx, s.DB, token)
}

func (s *Service) unconfirmed(ctx context.Context, q db.Querier, token string) (Application, error) {
	a, err := selectByToken(ctx, q, access.TokenHash(token))
	if errors.Is(err, db.ErrNoRows) || err == nil && (a.Status != Unverified || a.ExpiresAt <= s.now()) {
		return Application{}, missing()
	}
	if err != nil {
		return Application{}, fmt.Errorf("read application: %w", err)
	}
	return a, nil
}

// Confirm says that who applied reads the mails of that email; administrators see
// the application from then on. Error: NotFound, as Unconfirmed.
func (s *Service) Confirm(ctx context.Context, token string) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		a, err := s.unconfirmed(ctx, tx, token)
		if err != nil {
			return err
		}
		n, err := confirm(ctx, tx, a, s.now())
		if err != nil {
			return fmt.Errorf("confirm application %s: %w", a.ID, err)
		}
		if n == 0 {
			return missing()
		}
		return nil
	})
}

// ForgetUnverified deletes what nobody confirmed in time, and returns how many
// there were.
func (s *Service) ForgetUnverified(ctx context.Context) (int64, error) {
	n, err := deleteUnverified(ctx, s.DB, s.now())
	if err != nil {
		return 0, fmt.Errorf("forget applications: %w", err)
	}
	return n, nil
}
