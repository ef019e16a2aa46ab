package approvals

import (
	"context"

	"github.com/piaohao/piaohao/app"
)

const (
	defaultLimit = 20
	maxLimit     = 100
)

// Filter narrows a list of approvals.
type Filter struct {
	Status   Status   // "" means all
	Decided  bool     // only what is no longer pending
	Kind     string   // "" means all
	Kinds    []string // nil means all: those that the reader may see
	By       string   // the requester's id; "" means all
	ObjectID string   // "" means all
	Before   string   // keyset: only ids below this one
	Limit    int      // 1 to 100; 0 means 20
}

// Page is one page of a list, newest first. Next is the cursor of the page after
// it, "" on the last.
type Page struct {
	Approvals []Approval
	Next      string
}

// List returns a page of the scope's approvals. It is Invalid for a limit
// outside 1–100, or a foreign cursor.
func (s *Service) List(ctx context.Context, scope Scope, f Filter) (Page, error) {
	if f.Limit == 0 {
		f.Limit = defaultLimit
	}
	if f.Limit < 1 || f.Limit > maxLimit {
		return Page{}, app.InvalidField("limit", "out_of_range", "limit must be between 1 and %d", maxLimit)
	}
	if f.Before != "" && !app.ValidID(app.PrefixApproval, f.Before) {
		return Page{}, app.InvalidField("cursor", "bad_value", "cursor must be a next_cursor of an earlier page")
	}
	if f.Kinds != nil && len(f.Kinds) == 0 {
		return Page{}, nil
	}
	limit := f.Limit
	f.Limit++
	rows, err := s.store.list(ctx, s.db, scope, f)
	if err != nil {
		return Page{}, err
	}
	page := Page{Approvals: rows}
	if len(rows) > limit {
		page.Approvals, page.Next = rows[:limit], rows[limit-1].ID
	}
	return page, nil
}

// CountPending returns how many approvals of the scope and of these kinds wait
// for a decision, counting 100 at most; nil means every kind.
func (s *Service) CountPending(ctx context.Context, merchantID string, mode app.Mode, kinds []string) (int, error) {
	if kinds != nil && len(kinds) == 0 {
		return 0, nil
	}
	return s.store.countPending(ctx, s.db, Scope{merchantID, mode}, kinds)
}

// Inbox returns a page of what waits in any of the merchants, newest first.
// before is the last id of the page before, "" for the first.
func (s *Service) Inbox(ctx context.Context, merchantIDs []string, before string) (Page, error) {
	if len(merchantIDs) == 0 {
		return Page{}, nil
	}
	rows, err := s.store.inbox(ctx, s.db, merchantIDs, before, defaultLimit+1)
	if err != nil {
		return Page{}, err
	}
	page := Page{Approvals: rows}
	if len(rows) > defaultLimit {
		page.Approvals, page.Next = rows[:defaultLimit], rows[defaultLimit-1].ID
	}
	return page, nil
}

// ByIDs returns those of the approvals that belong to the scope.
func (s *Service) ByIDs(ctx context.Context, scope Scope, ids []string) ([]Approval, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	return s.store.byIDs(ctx, s.db, scope, ids)
}
