package access

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// UserState says whether a user may sign in.
type UserState string

// The states of a user.
const (
	Active   UserState = "active"
	Disabled UserState = "disabled"
)

// User is a person who can sign in. It never carries the password hash.
type User struct {
	ID                 string     `db:"id" json:"id"`
	Email              string     `db:"email" json:"email"` // lower case
	Name               string     `db:"name" json:"name"`
	Locale             string     `db:"locale" json:"locale"` // "zh-CN", "en" or "" for the browser's
	State              UserState  `db:"state" json:"state"`
	MustChangePassword bool       `db:"must_change_password" json:"must_change_password"`
	PasswordChangedAt  app.Millis `db:"password_changed_at" json:"-"`
	LastSignInAt       app.Millis `db:"last_sign_in_at" json:"-"`
	CreatedAt          app.Millis `db:"created_at" json:"-"`
	UpdatedAt          app.Millis `db:"updated_at" json:"-"`
	Version            int64      `db:"version" json:"-"`
}

// NewUser is what a user begins with.
type NewUser struct {
	Email, Name, Locale string
	Password            PasswordHash
	MustChangePassword  bool // until then the console shows only the password form
}

// NormalEmail trims and lower-cases an address and checks its form: Invalid on
// field "email". Only ASCII addresses are accepted, so no two look alike.
func NormalEmail(email string) (string, error) {
	email = strings.ToLower(strings.TrimSpace(email))
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > 190 || !ascii(email) {
		return "", app.InvalidField("email", "invalid", "that is not an email address")
	}
	return email, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// CheckName refuses what cannot be a person's name: Invalid on field "name".
func CheckName(name string) error {
	_, err := checkName(name)
	return err
}

func checkName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > 100 || !utf8.ValidString(name) || strings.ContainsFunc(name, unprintable) {
		return "", app.InvalidField("name", "invalid", "a name has 1 to 100 characters and stands in one line")
	}
	return name, nil
}

// unprintable are the characters with which a name would write lines of its own
// into a mail, or turn around what stands beside it.
func unprintable(c rune) bool {
	return unicode.IsControl(c) || unicode.In(c, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}

// OneLine is a name of somebody else's making without what no name may hold.
func OneLine(name string) string {
	return strings.TrimSpace(strings.Map(func(c rune) rune {
		if unprintable(c) {
			return ' '
		}
		return c
	}, name))
}

func checkLocale(locale string) error {
	if locale != "" && locale != "zh-CN" && locale != "en" {
		return app.InvalidField("locale", "invalid", "the locale is zh-CN or en")
	}
	return nil
}

// CreateUser adds a user. Codes: Invalid (email, name, locale), Conflict with
// reason "email_taken".
func (s *Service) CreateUser(ctx context.Context, tx *db.Tx, n NewUser) (User, error) {
	email, err := NormalEmail(n.Email)
	if err != nil {
		return User{}, err
	}
	name, err := checkName(n.Name)
	if err != nil {
		return User{}, err
	}
	if err := checkLocale(n.Locale); err != nil {
		return User{}, err
	}
	now := s.clock.Now()
	u := User{
		ID: app.NewID(app.PrefixUser, now), Email: email, Name: name, Locale: n.Locale, State: Active,
		MustChangePassword: n.MustChangePassword, PasswordChangedAt: app.ToMillis(now),
		CreatedAt: app.ToMillis(now), UpdatedAt: app.ToMillis(now), Version: 1,
	}
	if err := insertUser(ctx, tx, u, n.Password.encoded); err != nil {
		return User{}, emailTaken(err, email)
	}
	return u, nil
}

func emailTaken(err error, email string) error {
	if db.IsDuplicate(err) {
		return app.Errorf(app.Conflict, "another user has the email %s", email).WithReason("email_taken")
	}
	return fmt.Errorf("store user: %w", err)
}

// User returns a user by id; NotFound. Inside a transaction pass it as q.
func (s *Service) User(ctx context.Context, q db.Querier, id string) (User, error) {
	u, err := readUser(ctx, q, id)
	return u, notFound(err, "user", id)
}

// UserByEmail returns a user by address in any case; NotFound.
func (s *Service) UserByEmail(ctx context.Context, q db.Querier, email string) (User, error) {
	email, err := NormalEmail(email)
	if err != nil {
		return User{}, err
	}
	u, _, err := readUserByEmail(ctx, q, email)
	return u, notFound(err, "user", email)
}

func notFound(err error, what, id string) error {
	if errors.Is(err, db.ErrNoRows) {
		return app.Errorf(app.NotFound, "no %s %s", what, id)
	}
	if err != nil {
		return fmt.Errorf("read %s %s: %w", what, id, err)
	}
	return nil
}

// UpdateUser stores u's email, name, locale and state if nobody has changed the
// user since u was read. A disabled user's sessions end. Codes: Invalid,
// Conflict ("email_taken", "changed_meanwhile").
func (s *Service) UpdateUser(ctx context.Context, tx *db.Tx, u User) (User, error) {
	var err error
	if u.Email, err = NormalEmail(u.Email); err != nil {
		return User{}, err
	}
	if u.Name, err = checkName(u.Name); err != nil {
		return User{}, err
	}
	if err := checkLocale(u.Locale); err != nil {
		return User{}, err
	}
	u.UpdatedAt = s.now()
	n, err := updateUser(ctx, tx, u)
	if err != nil {
		return User{}, emailTaken(err, u.Email)
	}
	if n == 0 {
		return User{}, app.Errorf(app.Conflict, "the user was changed meanwhile; reload and try again").WithReason("changed_meanwhile")
	}
	u.Version++
	if u.State == Disabled {
		err = s.endAccess(ctx, tx, u.ID)
	} else {
		err = s.policyChanged(ctx, tx)
	}
	return u, err
}

// SetPassword stores a new password and ends all sessions but keepSession ("" keeps none).
func (s *Service) SetPassword(ctx context.Context, tx *db.Tx, userID string, p PasswordHash, mustChange bool, keepSession string) error {
	n, err := updatePassword(ctx, tx, userID, p.encoded, mustChange, s.now())
	if err != nil {
		return fmt.Errorf("set password of %s: %w", userID, err)
	}
	if n == 0 {
		return app.Errorf(app.NotFound, "no user %s", userID)
	}
	return s.RevokeAll(ctx, tx, userID, keepSession)
}

// DeleteUser removes the user with sessions and bindings; audit rows keep the name.
func (s *Service) DeleteUser(ctx context.Context, tx *db.Tx, userID string) error {
	if err := s.endAccess(ctx, tx, userID); err != nil {
		return err
	}
	err := errors.Join(deleteFactors(ctx, tx, userID), forgetDevices(ctx, tx, userID), deleteUser(ctx, tx, userID))
	if err != nil {
		return fmt.Errorf("delete user %s: %w", userID, err)
	}
	return nil
}

func (s *Service) endAccess(ctx context.Context, tx *db.Tx, userID string) error {
	if err := s.policyChanged(ctx, tx); err != nil {
		return err
	}
	return s.RevokeAll(ctx, tx, userID, "")
}
