package api

import (
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/time/rate"

	"github.com/piaohao/piaohao/app"
)

// limits bounds how fast each key may call this server.
type limits struct {
	perSecond rate.Limit
	burst     int

	mu    sync.Mutex
	keys  map[string]*limit
	swept time.Time
}

type limit struct {
	bucket *rate.Limiter
	used   time.Time
}

const limitIdle = 10 * time.Minute

func newLimits(perSecond float64, burst int) *limits {
	return &limits{perSecond: rate.Limit(perSecond), burst: burst, keys: map[string]*limit{}}
}

func (l *limits) allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.swept) > limitIdle {
		for k, v := range l.keys {
			if now.Sub(v.used) > limitIdle {
				delete(l.keys, k)
			}
		}
		l.swept = now
	}
	k := l.keys[key]
	if k == nil {
		k = &limit{bucket: rate.NewLimiter(l.perSecond, l.burst)}
		l.keys[key] = k
	}
	k.used = now
	return k.bucket.AllowN(now, 1)
}

func (a *API) throttle(c *fiber.Ctx) error {
	if !a.limits.allow(principal(c).KeyID, a.Clock.Now()) {
		return app.Errorf(app.RateLimited, "this API key sends more than %g requests per second", a.RequestsPerSecond).WithReason("rate_limited")
	}
	return c.Next()
}
