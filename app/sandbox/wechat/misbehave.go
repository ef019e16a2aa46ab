package wechat

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/sandbox/trade"
)

// misbehaving serves like signed, unless a fault is planned for the merchant.
func (g *Gateway) misbehaving(h handler) fiber.Handler {
	return g.signed(func(c *call) (answer, error) {
		fault, err := g.trades.TakeFirst(c.UserContext(), app.WeChat, c.merchant.ID, possible(c.merchant)...)
		if err != nil {
			return answer{}, err
		}
		switch fault {
		case trade.TimeoutBefore:
			return answer{send: hang}, nil
		case trade.TimeoutAfterSuccess:
			_, _ = h(c) // nobody will hear of it
			return answer{send: hang}, nil
		case trade.Garbage:
			return answer{send: babble}, nil
		case trade.HTTP500:
			return answer{}, systemError()
		case trade.RateLimit:
			return answer{}, rateLimited()
		case trade.ForgeAnswer, trade.UnsignedAnswer, trade.Truncated:
			return g.spoiled(c, h, fault)
		case trade.Slow:
			c.dawdle()
		case trade.RotateCertificate:
			if err := g.rotate(c); err != nil {
				return answer{}, err
			}
		}
		return h(c)
	})
}

// possible lists the faults of an API call at this merchant.
func possible(m trade.Merchant) []trade.Fault {
	faults := []trade.Fault{
		trade.TimeoutBefore, trade.TimeoutAfterSuccess, trade.HTTP500, trade.Garbage, trade.RateLimit,
		trade.ForgeAnswer, trade.UnsignedAnswer, trade.Truncated, trade.Slow,
	}
	if m.HasCertificates() {
		faults = append(faults, trade.RotateCertificate)
	}
	return faults
}

// spoiled does what was asked, and answers in a way that proves nothing.
func (g *Gateway) spoiled(c *call, h handler, fault trade.Fault) (answer, error) {
	a, err := h(c)
	if a.send != nil {
		return a, err
	}
	return answer{send: func(web *fiber.Ctx) error {
		ks := c.keys
		switch fault {
		case trade.UnsignedAnswer:
			ks = nil
		case trade.ForgeAnswer:
			forged, err := g.forger()
			if err != nil {
				return err
			}
			ks = forged.as(c.keys)
		}
		if err := g.reply(web, ks, a, err); err != nil || fault != trade.Truncated {
			return err
		}
		return truncate(web)
	}}, nil
}

// newForger makes a key that is nobody's.
func newForger() (*keys, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make a forger's key: %w", err)
	}
	return &keys{usual: "forged", signers: map[string]*rsa.PrivateKey{"forged": key}}, nil
}

// as returns keys that claim to be the victim's and sign with the forger's own.
func (k *keys) as(victim *keys) *keys {
	forged := &keys{usual: victim.usual, signers: map[string]*rsa.PrivateKey{}}
	for serial := range victim.signers {
		forged.signers[serial] = k.signers[k.usual]
	}
	return forged
}

// rotate gives the merchant a new platform certificate before its request is
// answered.
func (g *Gateway) rotate(c *call) error {
	m, err := g.trades.Rotate(c.UserContext(), c.merchant.ID)
	if err != nil {
		return err
	}
	c.merchant = m
	c.keys, err = g.keys.of(m)
	return err
}

// slowAnswer is how long the fault slow keeps an answer back.
const slowAnswer = 2 * time.Second

// dawdle waits, or until the server stops.
func (c *call) dawdle() {
	wait := time.NewTimer(slowAnswer)
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-c.UserContext().Done():
	}
}

// babble answers like a proxy that knows nothing of payments.
func babble(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTML)
	return c.Status(http.StatusOK).SendString("<html><body><h1>It works!</h1></body></html>")
}
