package merchants

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// PrefixProvider begins a provider account's id.
const PrefixProvider = "prv_"

// Provider is a service provider's (服务商) access to a channel, held by the
// platform: merchants' accounts under it take money by its keys. It carries no
// secret.
type Provider struct {
	ID       string // prv_…
	Mode     app.Mode
	Channel  app.Channel
	Name     string
	Identity string // the sp_mchid, or the provider's Alipay PID
	AppID    string // of an Alipay provider's app; "" at WeChat
	// Enabled providers let the accounts under them take payments.
	Enabled bool
	// Version grows with every change of the credentials.
	Version int64
	// Facts were read from the credentials; never secret.
	Facts                map[string]string
	CertificateExpiresAt app.Millis
	CreatedAt            app.Millis
	UpdatedAt            app.Millis
}

// ProviderRegistration is what a new provider account is made of.
type ProviderRegistration struct {
	Mode        app.Mode
	Channel     app.Channel
	Name        string
	Credentials json.RawMessage // the channel's own JSON, as of a direct merchant
}

// RegisterProvider adds a provider account, enabled, once its credentials pass
// every check and, with a probe, have made a live call. Errors: Invalid (with
// the report), Conflict (provider_exists, credentials_incomplete), Declined or
// Unavailable (account_probe_failed).
func (s *Service) RegisterProvider(ctx context.Context, in ProviderRegistration, inspector Inspector, probe Probe) (Provider, channel.Report, error) {
	report, err := inspect(in.Credentials, inspector)
	if err != nil {
		return Provider{}, report, err
	}
	p, err := s.newProvider(in, report)
	if err != nil {
		return Provider{}, report, err
	}
	if err := proveProvider(ctx, p, report, in.Credentials, probe); err != nil {
		return Provider{}, report, fmt.Errorf("register provider: %w", err)
	}
	sealed, err := s.seal.Seal(in.Credentials, audit.Platform, p.ID)
	if err != nil {
		return Provider{}, report, err
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := insertProvider(ctx, tx, p, sealed); err != nil {
			return duplicateProvider(err, p)
		}
		return s.recordProvider(ctx, tx, "provider.register", nil, &p)
	})
	if err != nil {
		return Provider{}, report, fmt.Errorf("register provider: %w", err)
	}
	return p, report, nil
}

func (s *Service) newProvider(in ProviderRegistration, report channel.Report) (Provider, error) {
	name, err := checkName("name", in.Name)
	if err != nil {
		return Provider{}, err
	}
	if !in.Mode.Valid() {
		return Provider{}, app.InvalidField("mode", "unknown", "mode is test or live")
	}
	if !in.Channel.Valid() {
		return Provider{}, app.InvalidField("channel", "unknown", "channel is wechat or alipay")
	}
	now := s.clock.Now()
	p := Provider{
		ID: app.NewID(PrefixProvider, now), Mode: in.Mode, Channel: in.Channel, Name: name, Identity: report.Identity,
		AppID: report.Facts["app_id"], Enabled: true, Version: 1, CreatedAt: app.ToMillis(now), UpdatedAt: app.ToMillis(now),
	}
	p.adopt(report)
	return p, nil
}

// adopt takes over what the inspection of the provider's credentials found.
func (p *Provider) adopt(report channel.Report) {
	p.Facts = report.Facts
	if p.Facts == nil {
		p.Facts = map[string]string{}
	}
	p.CertificateExpiresAt = app.ToMillis(report.ExpiresAt)
}

// UpdateProviderCredentials replaces a provider's credentials by others of the
// same identity that pass every check and, with a probe, work. The clients of
// every account under it are built anew. Errors: as RegisterProvider, and
// NotFound, Conflict (identity_differs, account_changed).
func (s *Service) UpdateProviderCredentials(ctx context.Context, id string, credentials json.RawMessage, inspector Inspector, probe Probe) (Provider, channel.Report, error) {
	report, err := inspect(credentials, inspector)
	if err != nil {
		return Provider{}, report, err
	}
	before, err := selectProvider(ctx, s.db, id)
	if err != nil {
		return Provider{}, report, err
	}
	if report.Identity != before.Identity || report.Facts["app_id"] != before.AppID {
		return Provider{}, report, app.Errorf(app.Conflict, "these credentials belong to %s, the provider account to %s: register another", report.Identity, before.Identity).
			WithReason("identity_differs")
	}
	if err := proveProvider(ctx, before, report, credentials, probe); err != nil {
		return Provider{}, report, fmt.Errorf("update credentials of %s: %w", id, err)
	}
	sealed, err := s.seal.Seal(credentials, audit.Platform, id)
	if err != nil {
		return Provider{}, report, err
	}
	after := before
	after.Version++
	after.adopt(report)
	after.UpdatedAt = s.now()
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		saved, err := updateProviderCredentials(ctx, tx, after, sealed)
		if err != nil {
			return err
		}
		if !saved {
			return errAccountChanged(id)
		}
		return s.recordProvider(ctx, tx, "provider.credentials", &before, &after)
	})
	if err != nil {
		return Provider{}, report, fmt.Errorf("update credentials of %s: %w", id, err)
	}
	return after, report, nil
}

// proveProvider wants every check passed and, with a probe, a live call made.
// The candidate carries no version: nothing built from it may be kept.
func proveProvider(ctx context.Context, p Provider, report channel.Report, credentials json.RawMessage, probe Probe) error {
	if !report.OK() {
		return errIncomplete(p.ID)
	}
	if probe == nil {
		return nil
	}
	if err := probe(ctx, Account{ID: p.ID, Mode: p.Mode, Channel: p.Channel, Name: p.Name, Identity: p.Identity}, credentials); err != nil {
		return probeFailed(err)
	}
	return nil
}

// SwitchProvider enables a provider or takes it out of use: then no account
// under it takes new payments, while queries, refunds and notifications go on.
// Errors: NotFound, Conflict (account_changed).
func (s *Service) SwitchProvider(ctx context.Context, id string, enabled bool) (Provider, error) {
	var after Provider
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		before, err := selectProvider(ctx, tx, id)
		if err != nil {
			return err
		}
		after = before
		if before.Enabled == enabled {
			return nil
		}
		after.Enabled, after.UpdatedAt = enabled, s.now()
		switched, err := updateProviderEnabled(ctx, tx, after)
		if err != nil {
			return err
		}
		if !switched {
			return errAccountChanged(id)
		}
		action := "provider.disable"
		if enabled {
			action = "provider.enable"
		}
		return s.recordProvider(ctx, tx, action, &before, &after)
	})
	if err != nil {
		return Provider{}, fmt.Errorf("switch provider %s: %w", id, err)
	}
	return after, nil
}

// Provider returns a provider account, or NotFound (provider_not_found).
func (s *Service) Provider(ctx context.Context, id string) (Provider, error) {
	return selectProvider(ctx, s.db, id)
}

// Providers returns the platform's provider accounts of a mode, newest first.
func (s *Service) Providers(ctx context.Context, mode app.Mode) ([]Provider, error) {
	return selectProviders(ctx, s.db, mode)
}

// ProviderCredentials opens the credentials of exactly the version of the
// provider that a was read with; nil when a is under none. Conflict
// (account_changed) says that they have been replaced since. Never log the
// result.
func (s *Service) ProviderCredentials(ctx context.Context, a Account) (json.RawMessage, error) {
	if a.ProviderID == "" {
		return nil, nil
	}
	return s.openProvider(ctx, a.ProviderID, a.ProviderVersion)
}

func (s *Service) openProvider(ctx context.Context, id string, version int64) (json.RawMessage, error) {
	row, err := selectProviderSealed(ctx, s.db, id)
	if err != nil {
		return nil, err
	}
	if row.Version != version {
		return nil, errAccountChanged(id)
	}
	return s.seal.Open(row.Credentials, audit.Platform, id)
}

// under inspects what names a merchant under the provider. Errors: Invalid (with
// the report), NotFound, Conflict (provider_disabled).
func (s *Service) under(ctx context.Context, providerID string, mode app.Mode, c app.Channel, credentials json.RawMessage, inspector Inspector) (Provider, channel.Report, error) {
	p, err := selectProvider(ctx, s.db, providerID)
	if err != nil {
		return Provider{}, channel.Report{}, err
	}
	if p.Mode != mode || p.Channel != c {
		return Provider{}, channel.Report{}, app.InvalidField("provider_id", "wrong_channel", "provider %s is for %s in %s mode", p.ID, p.Channel, p.Mode)
	}
	if !p.Enabled {
		return Provider{}, channel.Report{}, app.Errorf(app.Conflict, "provider %s is disabled", p.ID).WithReason("provider_disabled")
	}
	report, err := s.inspectUnder(ctx, p, credentials, inspector)
	return p, report, err
}

// InspectUnder inspects what names a merchant under the provider, enabled or
// not, and saves nothing. Errors: as inspecting credentials of their own, and
// NotFound.
func (s *Service) InspectUnder(ctx context.Context, providerID string, credentials json.RawMessage, inspector Inspector) (channel.Report, error) {
	p, err := selectProvider(ctx, s.db, providerID)
	if err != nil {
		return channel.Report{}, err
	}
	return s.inspectUnder(ctx, p, credentials, inspector)
}

func (s *Service) inspectUnder(ctx context.Context, p Provider, credentials json.RawMessage, inspector Inspector) (channel.Report, error) {
	own, err := s.openProvider(ctx, p.ID, p.Version)
	if err != nil {
		return channel.Report{}, err
	}
	return inspect(credentials, subInspector{inspector, own})
}

// AccountsUnder returns a page of the accounts under a provider, of all
// merchants, newest first: those with ids below before, "" for the first page.
func (s *Service) AccountsUnder(ctx context.Context, providerID, before string, limit int) ([]Account, error) {
	return selectAccountsUnder(ctx, s.db, providerID, before, limit)
}

// subInspector inspects a merchant's credentials under a provider's.
type subInspector struct {
	Inspector
	provider json.RawMessage
}

// Inspect implements Inspector.
func (s subInspector) Inspect(credentials json.RawMessage) channel.Report {
	sub, ok := s.Inspector.(channel.SubInspector)
	if !ok {
		return channel.Report{Checks: []channel.Check{{Code: "provider_unsupported", Status: channel.CheckFailed}}}
	}
	return sub.InspectSub(s.provider, credentials)
}

type providerFacts struct {
	Name     string            `json:"name"`
	Mode     string            `json:"mode"`
	Channel  string            `json:"channel"`
	Identity string            `json:"identity"`
	Enabled  bool              `json:"enabled"`
	Version  int64             `json:"version"`
	Facts    map[string]string `json:"facts"`
}

// recordProvider audits a change to a provider, on the platform's chain.
func (s *Service) recordProvider(ctx context.Context, tx *db.Tx, action string, before, after *Provider) error {
	facts := func(p *Provider) any {
		if p == nil {
			return nil
		}
		return providerFacts{Name: p.Name, Mode: string(p.Mode), Channel: string(p.Channel), Identity: p.Identity, Enabled: p.Enabled, Version: p.Version, Facts: p.Facts}
	}
	return s.record(ctx, tx, audit.Platform, action, after.ID, facts(before), facts(after))
}

func duplicateProvider(err error, p Provider) error {
	if !db.IsDuplicate(err) {
		return err
	}
	return app.Errorf(app.Conflict, "%s is registered as a provider already", p.Identity).WithReason("provider_exists").WithCause(err)
}
