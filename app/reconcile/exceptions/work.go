package exceptions

import (
	"context"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
)

// Owner is a member who works on exceptions (负责人).
type Owner struct {
	ID   string // usr_…
	Name string // as members are shown: the e-mail address
}

// Owners returns the active members of the scope's merchant who may work on its
// exceptions, by name.
func (s *Service) Owners(ctx context.Context, scope Scope) ([]Owner, error) {
	members, err := s.Members.Members(ctx, scope.MerchantID)
	if err != nil {
		return nil, err
	}
	var out []Owner
	for _, m := range members {
		if m.State != access.Active || slices.ContainsFunc(out, func(o Owner) bool { return o.ID == m.UserID }) {
			continue
		}
		may, err := s.Members.Allowed(ctx, m.UserID, scope.MerchantID, access.Exceptions, access.Write)
		if err != nil {
			return nil, err
		}
		if may {
			out = append(out, Owner{ID: m.UserID, Name: m.Email})
		}
	}
	return out, nil
}

// owner returns the member of an id; "" is nobody.
func (s *Service) owner(ctx context.Context, scope Scope, id string) (Owner, error) {
	if id == "" {
		return Owner{}, nil
	}
	owners, err := s.Owners(ctx, scope)
	if err != nil {
		return Owner{}, err
	}
	i := slices.IndexFunc(owners, func(o Owner) bool { return o.ID == id })
	if i < 0 {
		return Owner{}, app.InvalidField("owner", "bad_value", "the owner must be a member who works on exceptions")
	}
	return owners[i], nil
}

// maxAssigned bounds what is assigned at once.
const maxAssigned = 100

// Assign makes a member the owner of exceptions of the scope, at most 100; ""
// makes nobody. It returns how many changed hands. Errors: Invalid, the fields
// named; NotFound, and then none is assigned.
func (s *Service) Assign(ctx context.Context, scope Scope, ids []string, ownerID string) (int, error) {
	if len(ids) == 0 || len(ids) > maxAssigned {
		return 0, app.InvalidField("ids", "out_of_range", "choose 1 to %d exceptions", maxAssigned)
	}
	owner, err := s.owner(ctx, scope, ownerID)
	if err != nil {
		return 0, err
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	var changed []string
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		changed = nil
		for _, id := range ids {
			e, err := s.store.lock(ctx, tx, scope, id)
			if err != nil {
				return err
			}
			if e.OwnerID == owner.ID {
				continue
			}
			if err := s.assign(ctx, tx, &e, owner); err != nil {
				return err
			}
			changed = append(changed, id)
		}
		if len(changed) == 0 {
			return nil
		}
		return s.Audit.Record(ctx, tx, audit.Entry{
			Chain: scope.MerchantID, Action: "exception.assign", Target: changed[0], After: map[string]any{"owner": owner.Name, "exceptions": changed},
		})
	})
	return len(changed), err
}

func (s *Service) assign(ctx context.Context, tx *db.Tx, e *Exception, owner Owner) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	args := map[string]string{"from": e.OwnerName, "to": owner.Name}
	e.OwnerID, e.OwnerName = owner.ID, owner.Name
	return s.move(ctx, tx, e, entry(ctx, now, *e, EventAssigned, e.Status, "", args))
}

// Comment adds a person's words to an exception. Errors: Invalid, NotFound.
func (s *Service) Comment(ctx context.Context, scope Scope, id, text string) error {
	text, err := words("note", text, true)
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		e, err := s.store.lock(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		before := factsOf(e)
		if err := s.comment(ctx, tx, &e, text); err != nil {
			return err
		}
		return s.record(ctx, tx, "exception.comment", e, before)
	})
}

func (s *Service) comment(ctx context.Context, tx *db.Tx, e *Exception, text string) error {
	now, err := s.DB.Now(ctx)
	if err != nil {
		return err
	}
	e.Note = text
	return s.move(ctx, tx, e, entry(ctx, now, *e, EventCommented, e.Status, text, nil))
}
