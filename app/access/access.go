// Package access knows who users are and what they may do: passwords and the
// sign-in throttle, sessions, form tokens, role bindings, and Allowed, the one
// function every handler asks. It writes no audit rows: the administrators'
// services do, in the transactions they pass in.
package access

import (
	"time"

	"github.com/alexedwards/argon2id"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Config bounds sessions and password hashing. Zero fields take their defaults.
type Config struct {
	// IdleLimit ends a session that was not used for so long; 30 minutes.
	IdleLimit time.Duration
	// AbsoluteLimit ends a session whatever happens; 12 hours.
	AbsoluteLimit time.Duration
	// FreshFor is for how long after a password or a second factor an act that
	// asks for a fresh one may be done; 10 minutes.
	FreshFor time.Duration
	// Require says who cannot do without a second factor; RequirePlatform.
	Require Require
	// Sealer seals the seeds of authenticator apps. Without one there are none.
	Sealer Sealer
	// HashesAtOnce caps concurrent password hashes, 64 MiB each; 2.
	HashesAtOnce int
	// Hash is the cost of one password hash; RFC 9106's second recommendation.
	Hash *argon2id.Params
}

func (c Config) withDefaults() Config {
	if c.IdleLimit == 0 {
		c.IdleLimit = 30 * time.Minute
	}
	if c.AbsoluteLimit == 0 {
		c.AbsoluteLimit = 12 * time.Hour
	}
	if c.FreshFor == 0 {
		c.FreshFor = 10 * time.Minute
	}
	if c.Require == "" {
		c.Require = RequirePlatform
	}
	if c.HashesAtOnce == 0 {
		c.HashesAtOnce = 2
	}
	if c.Hash == nil {
		c.Hash = &argon2id.Params{Memory: 64 * 1024, Iterations: 3, Parallelism: 4, SaltLength: 16, KeyLength: 32}
	}
	return c
}

// Service answers who someone is and what they may do.
type Service struct {
	db     *db.DB
	clock  app.Clock
	config Config
	hasher *hasher
	policy *policyCache
}

// New returns a Service on d. It reads the role bindings when first asked.
func New(d *db.DB, clock app.Clock, cfg Config) *Service {
	cfg = cfg.withDefaults()
	return &Service{
		db: d, clock: clock, config: cfg,
		hasher: newHasher(cfg.Hash, cfg.HashesAtOnce),
		policy: &policyCache{db: d, clock: clock},
	}
}

func (s *Service) now() app.Millis { return app.ToMillis(s.clock.Now()) }
