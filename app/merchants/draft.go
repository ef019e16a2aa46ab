package merchants

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

const (
	// DraftLife is how long a draft is kept after its last change.
	DraftLife = 30 * 24 * time.Hour
	// maxDrafts bounds what one merchant leaves lying about in one mode.
	maxDrafts = 50
)

// Draft is an account that is being registered, or other credentials of one that
// exists. Whoever may change the merchant's accounts may go on with it. It
// carries no secret; see DraftContent.
type Draft struct {
	ID         string // drf_…
	MerchantID string
	Mode       app.Mode
	Channel    app.Channel
	OwnerID    string // who began it
	OwnerName  string
	AccountID  string // whose credentials are to be replaced; "" for a new account
	ProviderID string // the service provider it is to be under; "" for none
	Name       string
	Identity   string // whose credentials they are, once they say
	// Ready says that the credentials pass every offline check.
	Ready   bool
	Version int64 // grows with every change
	Probe   DraftTest
	Order   DraftTest

	CreatedAt, UpdatedAt, ExpiresAt app.Millis
}

// DraftTest is what a live call with a draft's credentials came to. It holds for
// the draft's version that it was made with.
type DraftTest struct {
	Version int64      `json:"version,omitempty"` // 0 when none was made
	At      app.Millis `json:"at,omitempty"`
	Failure Failure    `json:"failure"`
	// What follows is of a test order: the number the channel knows it by, the app
	// it was placed in, whether it was placed at all, and closed again.
	Number string `json:"number,omitempty"`
	AppID  string `json:"app_id,omitempty"`
	Placed bool   `json:"placed,omitempty"`
	Closed bool   `json:"closed,omitempty"`
}

// Passed reports whether the call was made with the draft as it is, and went well.
func (t DraftTest) Passed(d Draft) bool { return t.Made(d) && t.Failure == Failure{} }

// Made reports whether the call was made with the draft as it is.
func (t DraftTest) Made(d Draft) bool { return t.Version != 0 && t.Version == d.Version }

// DraftContent is what has been entered. It is sealed; never log it.
type DraftContent struct {
	// Credentials is the channel's own JSON, nil before anything was entered.
	Credentials json.RawMessage `json:"credentials,omitempty"`
	Apps        []AppInput      `json:"apps,omitempty"`
	// Generated says that the private key was made here.
	Generated bool `json:"generated,omitempty"`
	// Files says what each file was that was handed in last.
	Files []channel.SortedFile `json:"files,omitempty"`
}

// NewDraft is how a draft begins.
type NewDraft struct {
	MerchantID string
	Mode       app.Mode
	Channel    app.Channel
	OwnerID    string
	OwnerName  string
	ProviderID string
	Name       string
}

// StartDraft begins a new account. Errors: Invalid, NotFound (the provider),
// Conflict (too_many_drafts).
func (s *Service) StartDraft(ctx context.Context, in NewDraft) (Draft, error) {
	d := Draft{
		MerchantID: in.MerchantID, Mode: in.Mode, Channel: in.Channel, OwnerID: in.OwnerID, OwnerName: in.OwnerName,
		ProviderID: in.ProviderID, Name: in.Name,
	}
	return s.startDraft(ctx, d, DraftContent{})
}

// StartReplacement begins other credentials for an account, with those that it
// has: what is not replaced stays. A draft that exists for the account is
// returned as it is. Errors: NotFound, Conflict (too_many_drafts).
func (s *Service) StartReplacement(ctx context.Context, merchantID, accountID, ownerID, ownerName string) (Draft, error) {
	a, err := selectAccount(ctx, s.db, merchantID, accountID)
	if err != nil {
		return Draft{}, err
	}
	open, err := s.Drafts(ctx, merchantID, a.Mode)
	if err != nil {
		return Draft{}, err
	}
	if i := slices.IndexFunc(open, func(d Draft) bool { return d.AccountID == a.ID }); i >= 0 {
		return open[i], nil
	}
	credentials, err := s.Credentials(ctx, a)
	if err != nil {
		return Draft{}, err
	}
	d := Draft{
		MerchantID: merchantID, Mode: a.Mode, Channel: a.Channel, OwnerID: ownerID, OwnerName: ownerName,
		AccountID: a.ID, ProviderID: a.ProviderID, Name: a.Name, Identity: a.Identity, Ready: a.Health.Inspected,
	}
	content := DraftContent{Credentials: credentials}
	for _, x := range a.AppIDs {
		content.Apps = append(content.Apps, AppInput{AppID: x.AppID, Kind: x.Kind})
	}
	return s.startDraft(ctx, d, content)
}

func (s *Service) startDraft(ctx context.Context, d Draft, content DraftContent) (Draft, error) {
	if !d.Mode.Valid() || !d.Channel.Valid() {
		return Draft{}, app.InvalidField("channel", "unknown", "channel is wechat or alipay, mode test or live")
	}
	now := s.clock.Now()
	d.ID, d.Version, d.CreatedAt = app.NewID(app.PrefixDraft, now), 1, app.ToMillis(now)
	d.touch(d.CreatedAt)
	sealed, err := s.sealDraft(d, content)
	if err != nil {
		return Draft{}, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		open, err := selectDrafts(ctx, tx, d.MerchantID, d.Mode, d.CreatedAt)
		if err != nil {
			return err
		}
		if len(open) >= maxDrafts {
			return app.Errorf(app.Conflict, "%d drafts are open: finish or discard one", len(open)).WithReason("too_many_drafts")
		}
		if err := insertDraft(ctx, tx, d, sealed); err != nil {
			return err
		}
		return s.record(ctx, tx, d.MerchantID, "account_draft.start", d.ID, nil, draftFactsOf(d, content))
	})
	if err != nil {
		return Draft{}, fmt.Errorf("start draft: %w", err)
	}
	return d, nil
}

func (d *Draft) touch(at app.Millis) { d.UpdatedAt, d.ExpiresAt = at, at.Add(DraftLife) }

// Draft returns a draft and what was entered. Errors: NotFound, also for one that
// has expired or is of another merchant or mode.
func (s *Service) Draft(ctx context.Context, merchantID string, mode app.Mode, id string) (Draft, DraftContent, error) {
	return s.readDraft(ctx, s.db, merchantID, mode, id)
}

func (s *Service) readDraft(ctx context.Context, q db.Querier, merchantID string, mode app.Mode, id string) (Draft, DraftContent, error) {
	row, err := selectDraft(ctx, q, merchantID, mode, id, s.now())
	if err != nil {
		return Draft{}, DraftContent{}, err
	}
	d, err := row.draft()
	if err != nil {
		return Draft{}, DraftContent{}, err
	}
	plain, err := s.seal.Open(row.Sealed, merchantID, id)
	if err != nil {
		return Draft{}, DraftContent{}, fmt.Errorf("open draft %s: %w", id, err)
	}
	var content DraftContent
	if err := json.Unmarshal(plain, &content); err != nil {
		// The decoder's error could quote a key.
		return Draft{}, DraftContent{}, app.Errorf(app.Internal, "draft %s cannot be read", id)
	}
	return d, content, nil
}

// Drafts returns a merchant's open drafts of a mode, newest first.
func (s *Service) Drafts(ctx context.Context, merchantID string, mode app.Mode) ([]Draft, error) {
	return selectDrafts(ctx, s.db, merchantID, mode, s.now())
}

// SaveDraft stores what has been entered, whatever the checks say of it, and
// raises the version: what an earlier version was tested for does not count any
// more. Name and ProviderID come from d, whose version must be the stored one.
// Errors: Invalid, NotFound, Conflict (draft_changed).
func (s *Service) SaveDraft(ctx context.Context, d Draft, content DraftContent, inspector Inspector) (Draft, error) {
	return s.saveDraft(ctx, d, content, inspector, "account_draft.update")
}

// SaveDraftKey is SaveDraft after a key was made for the draft, so that the audit
// tells by whom.
func (s *Service) SaveDraftKey(ctx context.Context, d Draft, content DraftContent, inspector Inspector) (Draft, error) {
	content.Generated = true
	return s.saveDraft(ctx, d, content, inspector, "account_draft.make_key")
}

func (s *Service) saveDraft(ctx context.Context, d Draft, content DraftContent, inspector Inspector, action string) (Draft, error) {
	if len(content.Credentials) > maxCredentials {
		return Draft{}, app.InvalidField("credentials", "too_long", "credentials have at most %d bytes", maxCredentials)
	}
	next := d
	next.Version++
	next.touch(s.now())
	report, err := s.inspectDraft(ctx, next, content, inspector)
	if err != nil && !app.Is(err, app.Invalid) {
		return Draft{}, err
	}
	next.Ready, next.Identity = err == nil && report.OK() && next.complete(content, report), report.Identity
	if !channelID.MatchString(next.Identity) {
		next.Identity = ""
	}
	sealed, err := s.sealDraft(next, content)
	if err != nil {
		return Draft{}, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		before, held, err := s.readDraft(ctx, tx, d.MerchantID, d.Mode, d.ID)
		if err != nil {
			return err
		}
		saved, err := updateDraft(ctx, tx, next, sealed)
		if err != nil {
			return err
		}
		if !saved {
			return errDraftChanged(d.ID)
		}
		return s.record(ctx, tx, d.MerchantID, action, d.ID, draftFactsOf(before, held), draftFactsOf(next, content))
	})
	if err != nil {
		return Draft{}, fmt.Errorf("save draft %s: %w", d.ID, err)
	}
	return next, nil
}

// complete reports whether there is all that an account needs besides its keys.
func (d Draft) complete(content DraftContent, report channel.Report) bool {
	return CheckAccountName(d.Name) == nil && (d.AccountID != "" || CheckAccountApps(d.Channel, content.Apps, report) == nil)
}

// inspectDraft inspects what has been entered, under the draft's provider if it
// has one.
func (s *Service) inspectDraft(ctx context.Context, d Draft, content DraftContent, inspector Inspector) (channel.Report, error) {
	credentials := content.Credentials
	if credentials == nil {
		credentials = json.RawMessage(`{}`)
	}
	if d.ProviderID != "" {
		return s.InspectUnder(ctx, d.ProviderID, credentials, inspector)
	}
	return inspect(credentials, inspector)
}

// DiscardDraft forgets a draft and everything in it. Errors: NotFound.
func (s *Service) DiscardDraft(ctx context.Context, merchantID string, mode app.Mode, id string) error {
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		d, content, err := s.readDraft(ctx, tx, merchantID, mode, id)
		if err != nil {
			return err
		}
		if err := deleteDraft(ctx, tx, d); err != nil {
			return err
		}
		return s.record(ctx, tx, merchantID, "account_draft.discard", id, draftFactsOf(d, content), nil)
	})
	if err != nil {
		return fmt.Errorf("discard draft %s: %w", id, err)
	}
	return nil
}

// ForgetDrafts deletes what has expired and returns how many there were.
func (s *Service) ForgetDrafts(ctx context.Context) (int64, error) {
	n, err := deleteExpiredDrafts(ctx, s.db, s.now())
	if err != nil {
		return n, fmt.Errorf("forget drafts: %w", err)
	}
	return n, nil
}

func (s *Service) sealDraft(d Draft, content DraftContent) ([]byte, error) {
	plain, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	return s.seal.Seal(plain, d.MerchantID, d.ID)
}

func errDraftChanged(id string) error {
	return app.Errorf(app.Conflict, "draft %s was changed at the same time: look at it again", id).WithReason("draft_changed")
}

func errDraftNotFound(id string) error {
	return app.Errorf(app.NotFound, "no draft %s", id).WithReason("draft_not_found")
}

// draftFacts is what an audit row says about a draft: which fields hold
// something, never what.
type draftFacts struct {
	Name       string   `json:"name"`
	Mode       string   `json:"mode"`
	Channel    string   `json:"channel"`
	AccountID  string   `json:"account_id,omitempty"`
	ProviderID string   `json:"provider_id,omitempty"`
	Identity   string   `json:"identity,omitempty"`
	Ready      bool     `json:"ready"`
	Generated  bool     `json:"key_made_here"`
	Entered    []string `json:"entered"`
	Apps       []string `json:"apps"`
}

func draftFactsOf(d Draft, content DraftContent) draftFacts {
	f := draftFacts{
		Name: d.Name, Mode: string(d.Mode), Channel: string(d.Channel), AccountID: d.AccountID, ProviderID: d.ProviderID,
		Identity: d.Identity, Ready: d.Ready, Generated: content.Generated,
	}
	var fields map[string]string
	if json.Unmarshal(content.Credentials, &fields) == nil {
		maps.DeleteFunc(fields, func(_, value string) bool { return value == "" })
		f.Entered = slices.Sorted(maps.Keys(fields))
	}
	for _, x := range content.Apps {
		f.Apps = append(f.Apps, x.AppID)
	}
	return f
}
