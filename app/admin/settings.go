package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// PlatformSettings are what an administrator chooses while the servers run.
// Everything else is configuration.
type PlatformSettings struct {
	// SignInNotice stands on the sign-in page.
	SignInNotice string `json:"sign_in_notice,omitempty"`
	// Notice stands above every page, to announce maintenance.
	Notice string `json:"notice,omitempty"`
	// Support says where people find help, at the foot of every page.
	Support string `json:"support,omitempty"`
	// RefundApprovalAbove is what a new merchant begins with: how much of one
	// payment may be given back, in fen, before a second person must approve; 0
	// means that none needs to.
	RefundApprovalAbove app.Money `json:"refund_approval_above,omitempty"`
}

// SettingsVersion is one state of the settings, and who made it so. Number is 0
// before anybody chose anything.
type SettingsVersion struct {
	Number   int64
	Settings PlatformSettings
	By       string // a user's id
	ByName   string
	At       app.Millis
}

const longestNotice = 500

// Settings returns the settings as they stand, for whoever makes pages.
func (s *Service) Settings(ctx context.Context) (SettingsVersion, error) {
	rows, err := settingsVersions(ctx, s.db, 1)
	if err != nil {
		return SettingsVersion{}, fmt.Errorf("read the platform's settings: %w", err)
	}
	if len(rows) == 0 {
		return SettingsVersion{}, nil
	}
	return rows[0].version()
}

// SettingsHistory returns the latest versions, newest first, 20 at most. It needs
// settings:read on the platform.
func (s *Service) SettingsHistory(ctx context.Context) ([]SettingsVersion, error) {
	if err := s.require(ctx, access.Platform, access.Settings, access.Read); err != nil {
		return nil, err
	}
	rows, err := settingsVersions(ctx, s.db, 20)
	if err != nil {
		return nil, fmt.Errorf("list versions of the platform's settings: %w", err)
	}
	out := make([]SettingsVersion, len(rows))
	for i, r := range rows {
		if out[i], err = r.version(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// ChangeSettings stores the next version after the one that was read. What
// stands so already is left alone. It needs settings:write on the platform.
// Codes: Forbidden, Invalid, Conflict ("changed_meanwhile").
func (s *Service) ChangeSettings(ctx context.Context, after int64, next PlatformSettings) error {
	if err := s.require(ctx, access.Platform, access.Settings, access.Write); err != nil {
		return err
	}
	if err := next.check(); err != nil {
		return err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	actor := audit.ActorFrom(ctx)
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		rows, err := settingsVersions(ctx, tx, 1)
		if err != nil {
			return err
		}
		var before SettingsVersion
		if len(rows) > 0 {
			if before, err = rows[0].version(); err != nil {
				return err
			}
		}
		if before.Number != after {
			return changedMeanwhile()
		}
		if before.Settings == next {
			return nil
		}
		v := SettingsVersion{Number: after + 1, Settings: next, By: actor.ID, ByName: actor.Name, At: now}
		if err := insertSettings(ctx, tx, v); db.IsDuplicate(err) {
			return changedMeanwhile()
		} else if err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			Chain: audit.Platform, Action: "platform.settings", Target: "settings", Before: before.Settings, After: next,
		})
	})
	if err != nil {
		return fmt.Errorf("change the platform's settings: %w", err)
	}
	return nil
}

func changedMeanwhile() error {
	return app.Errorf(app.Conflict, "somebody else changed the settings meanwhile; look at them again").WithReason("changed_meanwhile")
}

// check trims the texts and refuses what does not fit.
func (p *PlatformSettings) check() error {
	var wrong []app.FieldError
	for _, f := range []struct {
		name string
		text *string
		most int
	}{{"sign_in_notice", &p.SignInNotice, longestNotice}, {"notice", &p.Notice, longestNotice}, {"support", &p.Support, 200}} {
		*f.text = strings.TrimSpace(strings.ReplaceAll(*f.text, "\r\n", "\n"))
		if utf8.RuneCountInString(*f.text) > f.most || !utf8.ValidString(*f.text) {
			wrong = append(wrong, app.FieldError{Field: f.name, Code: "too_long", Message: fmt.Sprintf("%s has at most %d characters", f.name, f.most)})
		}
	}
	if p.RefundApprovalAbove < 0 || p.RefundApprovalAbove > app.MaxAmount {
		wrong = append(wrong, app.FieldError{
			Field: "refund_approval_above", Code: "out_of_range", Message: "the limit is 0 (never) to 100,000,000.00 yuan",
		})
	}
	if len(wrong) == 0 {
		return nil
	}
	e := app.InvalidField(wrong[0].Field, wrong[0].Code, "%s", wrong[0].Message)
	e.Fields = wrong
	return e
}

type settingsRow struct {
	Version   int64      `db:"version"`
	Settings  string     `db:"settings"`
	By        string     `db:"changed_by"`
	ByName    string     `db:"changed_name"`
	CreatedAt app.Millis `db:"created_at"`
}

func (r settingsRow) version() (SettingsVersion, error) {
	v := SettingsVersion{Number: r.Version, By: r.By, ByName: r.ByName, At: r.CreatedAt}
	if err := json.Unmarshal([]byte(r.Settings), &v.Settings); err != nil {
		return SettingsVersion{}, fmt.Errorf("settings of version %d: %w", r.Version, err)
	}
	return v, nil
}
