package access

import (
	"bytes"
	"context"
	"encoding/base32"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/db/dbtest"
	"github.com/piaohao/piaohao/app/seal"
)

// withFactors is a service that seals seeds with a keyset of its own.
func withFactors(t *testing.T, d *db.DB, c *fakeClock, r Require) *Service {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keyset.json")
	if err := seal.Generate(path); err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.FromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return New(d, c, Config{Hash: cheap(), Sealer: sealer, Require: r})
}

// enrol gives the user an authenticator app and returns its secret, after the
// steps that its confirmation used up have passed.
func enrol(t *testing.T, s *Service, c *fakeClock, u User) string {
	t.Helper()
	seed, err := s.NewSeed(u, "Piaohao")
	if err != nil {
		t.Fatal(err)
	}
	inTx(t, s, func(ctx context.Context, tx *db.Tx) error {
		return s.EnrolTOTP(ctx, tx, u.ID, seed.Sealed, codeAt(t, seed.Text, c.Now()))
	})
	c.pass(time.Minute)
	return seed.Text
}

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func tryCode(s *Service, u User, code string) string {
	m, err := s.CheckCode(context.Background(), u.ID, code, "192.0.2.1")
	if err != nil {
		return reason(err)
	}
	return string(m)
}

func TestACodeCountsOnceAndOnlyAboutNow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := withFactors(t, d, clock, RequireNobody)
		u, other := addUser(t, s, "u@example.com"), addUser(t, s, "o@example.com")
		secret := enrol(t, s, clock, u)
		enrol(t, s, clock, other)
		now := clock.Now()
		for what, code := range map[string]string{
			"a minute old": codeAt(t, secret, now.Add(-time.Minute)), "a minute early": codeAt(t, secret, now.Add(time.Minute)), "empty": "", "five digits": "12345",
		} {
			if got := tryCode(s, u, code); got != ReasonWrongCode {
				t.Errorf("%s: %s", what, got)
			}
		}
		if got := tryCode(s, other, codeAt(t, secret, now)); got != ReasonWrongCode {
			t.Errorf("of another's app: %s", got)
		}
		early := codeAt(t, secret, now.Add(30*time.Second))
		late, present := codeAt(t, secret, now.Add(-30*time.Second)), codeAt(t, secret, now)
		for _, c := range []struct{ what, code, want string }{
			{"a step late", late, "otp"}, {"again", late, ReasonWrongCode}, {"with a blank", present[:3] + " " + present[3:], "otp"}, {"a step early", early, "otp"},
			{"an earlier step than the last", present, ReasonWrongCode}, {"again", early, ReasonWrongCode},
		} {
			if got := tryCode(s, u, c.code); got != c.want {
				t.Errorf("%s: %s, want %s", c.what, got, c.want)
			}
		}
	})
}

func TestACodeSentManyTimesAtOnceIsTakenOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := withFactors(t, d, clock, RequireNobody)
		u := addUser(t, s, "u@example.com")
		secret := enrol(t, s, clock, u)
		var recovery []string
		inTx(t, s, func(ctx context.Context, tx *db.Tx) (err error) {
			recovery, err = s.NewRecoveryCodes(ctx, tx, u.ID)
			return err
		})
		for what, code := range map[string]string{"otp": codeAt(t, secret, clock.Now()), "rec": recovery[3]} {
			var taken atomic.Int64
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if tryCode(s, u, code) == what {
						taken.Add(1)
					}
				})
			}
			wg.Wait()
			if taken.Load() != 1 {
				t.Errorf("%s was taken %d times", what, taken.Load())
			}
		}
	})
}

func TestRecoveryCodesCountOnceHoweverTheyAreWritten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := withFactors(t, d, newClock(), RequireNobody)
		u, other := addUser(t, s, "u@example.com"), addUser(t, s, "o@example.com")
		make10 := func() (codes []string) {
			inTx(t, s, func(ctx context.Context, tx *db.Tx) (err error) {
				codes, err = s.NewRecoveryCodes(ctx, tx, u.ID)
				return err
			})
			return codes
		}
		codes := make10()
		if len(codes) != RecoveryCodes || len(codes[0]) != 19 {
			t.Fatalf("codes %v", codes)
		}
		if got := tryCode(s, other, codes[0]); got != ReasonWrongCode {
			t.Errorf("another's: %s", got)
		}
		sloppy := strings.NewReplacer("0", "o", "1", "l", "-", " ").Replace(strings.ToLower(codes[0]))
		for _, want := range []string{"rec", ReasonWrongCode} {
			if got := tryCode(s, u, sloppy); got != want {
				t.Errorf("%q: %s, want %s", sloppy, got, want)
			}
		}
		if f, err := s.Factors(t.Context(), d, u.ID); err != nil || f.Recovery != 9 || f.Second() {
			t.Errorf("%+v, %v", f, err)
		}
		fresh := make10()
		if tryCode(s, u, codes[1]) != ReasonWrongCode || tryCode(s, u, fresh[1]) != "rec" {
			t.Error("an old code works or a new one does not")
		}
		var stored []string
		if err := d.Select(t.Context(), &stored, `SELECT code_hash FROM recovery_codes`); err != nil || strings.Contains(strings.Join(stored, " "), strings.ReplaceAll(fresh[2], "-", "")) {
			t.Errorf("stored %v, %v", stored, err)
		}
	})
}

func TestTenWrongCodesLockTheFactorAndNotThePassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := withFactors(t, d, clock, RequireNobody)
		u := addUser(t, s, "u@example.com")
		secret := enrol(t, s, clock, u)
		for i := range 10 {
			want := ReasonWrongCode
			if i == 9 {
				want = ReasonSignInLocked
			}
			if got := tryCode(s, u, fmt.Sprintf("%06d", i)); got != want {
				t.Fatalf("wrong code %d: %s", i+1, got)
			}
		}
		if got := tryCode(s, u, codeAt(t, secret, clock.Now())); got != ReasonTooManyAttempts {
			t.Errorf("the right code while locked: %s", got)
		}
		if got := try(s, u.Email, password, "192.0.2.1"); got != "ok" {
			t.Errorf("the password meanwhile: %s", got)
		}
		clock.pass(time.Minute)
		if got := tryCode(s, u, codeAt(t, secret, clock.Now())); got != "otp" {
			t.Errorf("after the lock: %s", got)
		}
	})
}

func TestSeedsAreSealedToTheirUser(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := withFactors(t, d, clock, RequireNobody)
		u, thief := addUser(t, s, "u@example.com"), addUser(t, s, "t@example.com")
		secret := enrol(t, s, clock, u)
		enrol(t, s, clock, thief)
		row, err := readTOTP(t.Context(), d, u.ID)
		raw, decodeErr := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
		if err != nil || decodeErr != nil || bytes.Contains(row.Sealed, raw) || bytes.Contains(row.Sealed, []byte(secret)) {
			t.Fatalf("stored %x, %v", row.Sealed, err)
		}
		// Moved to another's row, it does not open.
		if _, err := d.Exec(t.Context(), `UPDATE totp_factors SET sealed_seed = ? WHERE user_id = ?`, row.Sealed, thief.ID); err != nil {
			t.Fatal(err)
		}
		if got := tryCode(s, thief, codeAt(t, secret, clock.Now())); got == "otp" {
			t.Error("a seed that was moved opens")
		}
		// The form's sealed seed is its user's and does not keep.
		seed, err := s.NewSeed(u, "Piaohao")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SameSeed(thief, "Piaohao", seed.Sealed); !app.Is(err, app.Invalid) {
			t.Errorf("another's form: %v", err)
		}
		if same, err := s.SameSeed(u, "Piaohao", seed.Sealed); err != nil || same.Text != seed.Text {
			t.Errorf("the form again: %v", err)
		}
		clock.pass(seedLife)
		if _, err := s.SameSeed(u, "Piaohao", seed.Sealed); !app.Is(err, app.Invalid) {
			t.Errorf("an old form: %v", err)
		}
	})
}

func TestResealedSeedsStillOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := withFactors(t, d, clock, RequireNobody)
		u := addUser(t, s, "u@example.com")
		secret := enrol(t, s, clock, u)
		before, err := readTOTP(t.Context(), d, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			current bool
			want    int
		}{{true, 0}, {false, 1}} {
			if n, err := s.ResealFactors(t.Context(), func([]byte) bool { return c.current }); err != nil || n != c.want {
				t.Errorf("resealed %d, want %d, %v", n, c.want, err)
			}
		}
		after, err := readTOTP(t.Context(), d, u.ID)
		if err != nil || bytes.Equal(before.Sealed, after.Sealed) || tryCode(s, u, codeAt(t, secret, clock.Now())) != "otp" {
			t.Errorf("the seed was not sealed anew, or does not open: %v", err)
		}
	})
}

func TestAnAppNeedsItsCodeToBeEnrolled(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := withFactors(t, d, clock, RequireNobody)
		u := addUser(t, s, "u@example.com")
		seed, err := s.NewSeed(u, "Piaohao")
		if err != nil || !strings.HasPrefix(seed.URL, "otpauth://totp/Piaohao:u@example.com?") {
			t.Fatalf("%+v, %v", seed, err)
		}
		for _, code := range []string{"", "000000", codeAt(t, seed.Text, clock.Now().Add(-time.Hour))} {
			err := d.InTx(t.Context(), func(tx *db.Tx) error { return s.EnrolTOTP(t.Context(), tx, u.ID, seed.Sealed, code) })
			if !app.Is(err, app.Invalid) {
				t.Errorf("%q: %v", code, err)
			}
		}
		if f, _ := s.Factors(t.Context(), d, u.ID); f.TOTP {
			t.Fatal("enrolled without a code")
		}
		code := codeAt(t, seed.Text, clock.Now())
		inTx(t, s, func(ctx context.Context, tx *db.Tx) error { return s.EnrolTOTP(ctx, tx, u.ID, seed.Sealed, code) })
		if got := tryCode(s, u, code); got != ReasonWrongCode {
			t.Errorf("the code that enrolled counts again: %s", got)
		}
	})
}

func TestWhoMustHaveASecondFactorOpensNothingWithout(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		platform, everyone, nobody := withFactors(t, d, clock, RequirePlatform), withFactors(t, d, clock, RequireEveryone), withFactors(t, d, clock, RequireNobody)
		root, owner := addUser(t, platform, "root@example.com"), addUser(t, platform, "owner@example.com")
		bind(t, platform, root, PlatformAuditor, Platform)
		shop := app.NewID(app.PrefixMerchant, clock.Now())
		bind(t, platform, owner, Viewer, shop)
		rootToken, _ := open(t, platform, root, "")
		ownerToken, _ := open(t, platform, owner, "")
		wants := func(s *Service, token string, want Standing) {
			t.Helper()
			_, _, got, err := s.Recognise(t.Context(), token)
			if err != nil || got != want || signedIn(t, s, token) != (want == Complete) {
				t.Errorf("standing %q, want %q, %v", got, want, err)
			}
		}
		wants(platform, rootToken, LacksEnrolment)
		wants(nobody, rootToken, Complete)
		wants(platform, ownerToken, Complete)
		wants(everyone, ownerToken, LacksEnrolment)
		for _, required := range []bool{true, true, false, false} {
			inTx(t, platform, func(ctx context.Context, tx *db.Tx) error {
				_, err := platform.SetFactorRule(ctx, tx, shop, required, root.ID)
				return err
			})
			want := map[bool]Standing{true: LacksEnrolment}[required]
			wants(platform, ownerToken, want)
			wants(nobody, ownerToken, want)
		}
		// What was enrolled elsewhere is asked for here.
		enrol(t, platform, clock, root)
		wants(platform, rootToken, LacksFactor)
	})
}

func TestAPasswordWaitsAQuarterOfAnHourForItsSecondFactor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock := newClock()
		s := withFactors(t, d, clock, RequireNobody)
		u := addUser(t, s, "u@example.com")
		var token string
		inTx(t, s, func(ctx context.Context, tx *db.Tx) (err error) {
			token, _, err = s.Open(ctx, tx, NewSession{UserID: u.ID, Stage: StageSecondFactor})
			return err
		})
		clock.pass(14 * time.Minute)
		if _, _, err := s.PendingSession(t.Context(), token); err != nil {
			t.Error(err)
		}
		clock.pass(time.Minute)
		if _, _, err := s.PendingSession(t.Context(), token); !app.Is(err, app.Unauthenticated) {
			t.Errorf("after 15 minutes: %v", err)
		}
	})
}

func TestMethodsAndWhatTheyAreWorth(t *testing.T) {
	m := MethodsOf(ByPassword).With(ByPassword, ByTOTP)
	if m != "pwd,otp" || !m.Has(ByTOTP) || m.Has(ByPasskey) || !m.Both() {
		t.Errorf("methods %q", m)
	}
	for _, one := range []Method{ByPassword, BySSO} {
		if MethodsOf(one).Both() {
			t.Errorf("%s alone counts as both factors", one)
		}
	}
	for _, one := range []Method{ByPasskey, ByTrustedSSO, ByTOTP, ByRecovery} {
		if !MethodsOf(one).Both() {
			t.Errorf("%s does not count", one)
		}
	}
}
