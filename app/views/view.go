// Package views keeps the filters of lists under names: a user's own, and those
// shared with everybody of a merchant. A view is nothing but the query of a
// list's address; what it selects is the list's matter.
package views

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

const (
	// Limit is how many views of a list a user has at most, and how many are shared.
	Limit = 20
	// MaxName bounds a name in characters.
	MaxName   = 40
	maxFilter = 1500
)

// Place is whose views of which list a call is about.
type Place struct {
	MerchantID string
	Mode       app.Mode
	List       string
	UserID     string
}

// View is a list's filters under a name.
type View struct {
	ID         string     `db:"id"` // viw_…
	MerchantID string     `db:"merchant_id"`
	Mode       app.Mode   `db:"mode"`
	UserID     string     `db:"user_id"` // who made it
	List       string     `db:"list"`
	Name       string     `db:"name"`
	Query      string     `db:"filter_query"` // of the list's address, without "?"
	Shared     bool       `db:"shared"`       // with everybody who sees the list
	CreatedAt  app.Millis `db:"created_at"`
	UpdatedAt  app.Millis `db:"updated_at"`
}

// Service keeps views.
type Service struct{ db *db.DB }

// New returns a service on d.
func New(d *db.DB) *Service { return &Service{db: d} }

// List returns the user's own views and the shared ones, oldest first.
func (s *Service) List(ctx context.Context, p Place) ([]View, error) {
	own, err := selectOwn(ctx, s.db, p)
	if err != nil {
		return nil, err
	}
	shared, err := selectShared(ctx, s.db, p)
	if err != nil {
		return nil, err
	}
	for _, v := range shared {
		if v.UserID != p.UserID {
			own = append(own, v)
		}
	}
	return own, nil
}

// Save keeps a query under a name. Code: Invalid, at the field query, or at name
// with view_name_bad, view_name_taken or view_limit.
func (s *Service) Save(ctx context.Context, p Place, name, query string, shared bool) (View, error) {
	name, err := checkName(name)
	if err != nil {
		return View{}, err
	}
	if len(query) > maxFilter {
		return View{}, app.InvalidField("query", "too_long", "the filters take more than %d characters", maxFilter)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return View{}, err
	}
	v := View{
		ID: app.NewID(app.PrefixView, now.Time()), MerchantID: p.MerchantID, Mode: p.Mode, UserID: p.UserID, List: p.List,
		Name: name, Query: query, Shared: shared, CreatedAt: now, UpdatedAt: now,
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := room(ctx, tx, p, v); err != nil {
			return err
		}
		return insert(ctx, tx, v)
	})
	if err != nil {
		return View{}, fmt.Errorf("save a view: %w", err)
	}
	return v, nil
}

// room refuses one view too many, and a name that is taken.
func room(ctx context.Context, tx *db.Tx, p Place, v View) error {
	own, err := selectOwn(ctx, tx, p)
	if err != nil {
		return err
	}
	shared, err := selectShared(ctx, tx, p)
	if err != nil {
		return err
	}
	if len(own) >= Limit || v.Shared && len(shared) >= Limit {
		return app.InvalidField("name", "view_limit", "there are %d views already: delete one first", Limit)
	}
	return unique(v, append(own, shared...))
}

func unique(v View, others []View) error {
	for _, o := range others {
		if o.ID != v.ID && o.Name == v.Name && (o.UserID == v.UserID || v.Shared) {
			return app.InvalidField("name", "view_name_taken", "a view of that name exists: choose another")
		}
	}
	return nil
}

// Change gives a view another name, and shares it or not. Only who made it may,
// and, of a shared one, who keeps the merchant's settings (steward). Codes:
// NotFound, and Invalid as in Save.
func (s *Service) Change(ctx context.Context, p Place, id, name string, shared, steward bool) error {
	name, err := checkName(name)
	if err != nil {
		return err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		v, err := s.mine(ctx, tx, p, id, steward)
		if err != nil {
			return err
		}
		owner := p
		owner.UserID = v.UserID
		newlyShared := shared && !v.Shared
		v.Name, v.Shared, v.UpdatedAt = name, shared, now
		own, err := selectOwn(ctx, tx, owner)
		if err != nil {
			return err
		}
		all, err := selectShared(ctx, tx, p)
		if err != nil {
			return err
		}
		if newlyShared && len(all) >= Limit {
			return app.InvalidField("name", "view_limit", "there are %d shared views already: delete one first", Limit)
		}
		if err := unique(v, append(own, all...)); err != nil {
			return err
		}
		return update(ctx, tx, v)
	})
	if err != nil {
		return fmt.Errorf("change the view %s: %w", id, err)
	}
	return nil
}

// Delete removes a view; who may is as in Change. Code: NotFound.
func (s *Service) Delete(ctx context.Context, p Place, id string, steward bool) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		v, err := s.mine(ctx, tx, p, id, steward)
		if err != nil {
			return err
		}
		return remove(ctx, tx, v)
	})
	if err != nil {
		return fmt.Errorf("delete the view %s: %w", id, err)
	}
	return nil
}

// mine reads a view that the user may change; any other is NotFound.
func (s *Service) mine(ctx context.Context, q db.Querier, p Place, id string, steward bool) (View, error) {
	v, err := selectOne(ctx, q, p, id)
	if err != nil {
		return v, err
	}
	if v.UserID != p.UserID && (!v.Shared || !steward) {
		return View{}, missing(id)
	}
	return v, nil
}

func missing(id string) error {
	return app.Errorf(app.NotFound, "no view %s", id).WithReason("view_not_found")
}

// checkName trims a name and refuses one that nobody could read.
func checkName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	n := utf8.RuneCountInString(name)
	if n == 0 || n > MaxName || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", app.InvalidField("name", "view_name_bad", "a name has 1 to %d characters", MaxName)
	}
	return name, nil
}
