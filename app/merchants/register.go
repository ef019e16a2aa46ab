package merchants

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Inspector reads credentials offline; a channel's driver is one.
type Inspector interface {
	Inspect(credentials json.RawMessage) channel.Report
}

// maxCredentials is far above any real set of keys and certificates.
const maxCredentials = 48 << 10

// Registration is what a new account is made of.
type Registration struct {
	MerchantID  string
	Mode        app.Mode
	Channel     app.Channel
	Name        string
	SubIdentity string // sub_mchid under a service provider, or ""
	// ProviderID is the service provider the account is under, "" for none. Then
	// Credentials hold only what names the merchant there.
	ProviderID string
	// AppIDs take payments for the account. Empty means the app_id that the
	// credentials themselves name, as Alipay's do.
	AppIDs []AppInput
	// Credentials is the channel's own JSON; it is sealed, never shown again.
	Credentials json.RawMessage
	Priority    int64
	// ConfirmByQuery defaults to true for Alipay and false for WeChat.
	ConfirmByQuery *bool
}

// AppInput is an app as a person enters it.
type AppInput struct {
	AppID string
	Kind  AppKind
	// Secret is the app_secret, "" for none; nil keeps what is stored.
	Secret *string
}

// RegisterAccount adds an account, disabled until EnableAccount has seen it
// work. Credentials that fail a check may be saved to be completed later, as
// long as they say whose they are; the report names each problem. Errors:
// Invalid (with the report), NotFound (the merchant), Conflict (account_exists:
// one of the apps takes payments for this identity already; provider_disabled).
func (s *Service) RegisterAccount(ctx context.Context, in Registration, inspector Inspector) (Account, channel.Report, error) {
	c, report, err := s.prepare(ctx, in, inspector)
	if err != nil {
		return Account{}, report, err
	}
	var a Account
	err = s.db.InTx(ctx, func(tx *db.Tx) error {
		a, err = s.insert(ctx, tx, c)
		return err
	})
	if err != nil {
		return Account{}, report, fmt.Errorf("register account: %w", err)
	}
	return a, report, nil
}

// candidate is an account that is ready to be stored.
type candidate struct {
	account  Account
	apps     []sealedApp
	sealed   []byte
	identity string // the id of its settlement identity, should that be new
}

// prepare makes an account of a registration.
func (s *Service) prepare(ctx context.Context, in Registration, inspector Inspector) (candidate, channel.Report, error) {
	provider, report, err := s.inspectNew(ctx, in, inspector)
	if err != nil {
		return candidate{}, report, err
	}
	a, err := s.newAccount(in, report)
	if err != nil {
		return candidate{}, report, err
	}
	a.ProviderID, a.ProviderVersion, a.ProviderEnabled = provider.ID, provider.Version, provider.Enabled
	given, err := appsOf(in.AppIDs, report)
	if err != nil {
		return candidate{}, report, err
	}
	c := candidate{identity: app.NewID(app.PrefixIdentity, a.CreatedAt.Time())}
	if c.apps, err = s.sealApps(a, given, nil); err != nil {
		return candidate{}, report, err
	}
	for _, x := range c.apps {
		a.AppIDs = append(a.AppIDs, AppID{AppID: x.AppID, Kind: x.Kind, HasSecret: x.Secret != nil})
	}
	c.account = a
	c.sealed, err = s.seal.Seal(in.Credentials, a.MerchantID, a.ID)
	return c, report, err
}

// insert stores the candidate, disabled.
func (s *Service) insert(ctx context.Context, tx *db.Tx, c candidate) (Account, error) {
	a := c.account
	if _, err := selectMerchant(ctx, tx, a.MerchantID); err != nil {
		return Account{}, err
	}
	var err error
	if a.IdentityID, err = identity(ctx, tx, c.identity, a); err != nil {
		return Account{}, err
	}
	if err := insertAccount(ctx, tx, a, c.sealed); err != nil {
		return Account{}, err
	}
	if err := insertApps(ctx, tx, a, c.apps); err != nil {
		return Account{}, duplicateApp(err, a)
	}
	if a, err = selectAccount(ctx, tx, a.MerchantID, a.ID); err != nil {
		return Account{}, err
	}
	return a, s.record(ctx, tx, a.MerchantID, "account.register", a.ID, nil, factsOf(a))
}

// inspectNew inspects a registration's credentials, under its provider if it has
// one.
func (s *Service) inspectNew(ctx context.Context, in Registration, inspector Inspector) (Provider, channel.Report, error) {
	if in.ProviderID == "" {
		report, err := inspect(in.Credentials, inspector)
		return Provider{}, report, err
	}
	return s.under(ctx, in.ProviderID, in.Mode, in.Channel, in.Credentials, inspector)
}

// inspect refuses what cannot be stored: no object at all, or keys that do not
// say whose they are.
func inspect(credentials json.RawMessage, inspector Inspector) (channel.Report, error) {
	if len(credentials) > maxCredentials {
		return channel.Report{}, app.InvalidField("credentials", "too_long", "credentials have at most %d bytes", maxCredentials)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(credentials, &object) != nil || object == nil {
		// The decoder's error could quote a key.
		return channel.Report{}, app.InvalidField("credentials", "bad_format", "credentials are a JSON object")
	}
	report := inspector.Inspect(credentials)
	if !channelID.MatchString(report.Identity) {
		return report, app.InvalidField("credentials", "no_identity", "the credentials do not say which merchant at the channel they belong to")
	}
	return report, nil
}

func (s *Service) newAccount(in Registration, report channel.Report) (Account, error) {
	name, err := checkName("name", in.Name)
	if err != nil {
		return Account{}, err
	}
	if !in.Mode.Valid() {
		return Account{}, app.InvalidField("mode", "unknown", "mode is test or live")
	}
	if !in.Channel.Valid() {
		return Account{}, app.InvalidField("channel", "unknown", "channel is wechat or alipay")
	}
	if in.SubIdentity != "" {
		if err := checkChannelID("sub_mchid", in.SubIdentity); err != nil {
			return Account{}, err
		}
	}
	if err := checkPriority(in.Priority); err != nil {
		return Account{}, err
	}
	now := s.clock.Now()
	a := Account{
		FeeRate: NoRate,
		ID:      app.NewID(app.PrefixAccount, now), MerchantID: in.MerchantID, Mode: in.Mode, Channel: in.Channel, Name: name,
		Version: 1, Priority: in.Priority, Identity: report.Identity, SubIdentity: in.SubIdentity,
		ConfirmByQuery: in.Channel == app.Alipay,
		CreatedAt:      app.ToMillis(now), UpdatedAt: app.ToMillis(now),
	}
	if in.ProviderID != "" {
		a.SubIdentity = report.SubIdentity
	}
	if in.ConfirmByQuery != nil {
		a.ConfirmByQuery = *in.ConfirmByQuery
	}
	a.adopt(report)
	return a, nil
}

// adopt takes over what the inspection of the account's credentials found.
func (a *Account) adopt(report channel.Report) {
	a.Facts = report.Facts
	if a.Facts == nil {
		a.Facts = map[string]string{}
	}
	a.Health.Inspected = report.OK()
	a.Health.CertificateExpiresAt = app.ToMillis(report.ExpiresAt)
}

// appsOf returns the apps to register: those given, among them the one that the
// credentials name, if they do; or that one alone.
func appsOf(given []AppInput, report channel.Report) ([]AppInput, error) {
	named := report.Facts["app_id"]
	if named == "" {
		return given, nil
	}
	if len(given) == 0 {
		return []AppInput{{AppID: named, Kind: AppWeb}}, nil
	}
	if !slices.ContainsFunc(given, func(x AppInput) bool { return x.AppID == named }) {
		return nil, app.InvalidField("app_ids", "not_of_credentials", "the credentials belong to app %s", named)
	}
	return given, nil
}

func duplicateApp(err error, a Account) error {
	if !db.IsDuplicate(err) {
		return err
	}
	return app.Errorf(app.Conflict, "an account of %s takes payments for one of these apps already", a.Identity).
		WithReason("account_exists").WithCause(err)
}
