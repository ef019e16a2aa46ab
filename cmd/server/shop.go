package main

import (
	"context"
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/shop"
)

const shopPath = "/shop"

// servesShop reports whether the demo's shop is open. It orders with the demo's
// key for whoever comes, so nobody else's machine may reach it.
func (p *platform) servesShop() bool {
	return p.config.Demo.Enabled && p.config.Demo.Shop && loopbackURL(p.config.Server.BaseURL)
}

// shopRoutes mounts the shop. Until the demo is seeded it has nothing to sell.
func (p *platform) shopRoutes(f *fiber.App) {
	if !p.servesShop() {
		return
	}
	open := func(c *fiber.Ctx) error {
		website := p.shop.Load()
		if website == nil {
			return fiber.ErrNotFound
		}
		return (*website)(c)
	}
	f.All(shopPath, open)
	f.All(shopPath+"/*", open)
}

// openShop gives the shop what an integrator gets, and its own apps' ids.
func (p *platform) openShop(ctx context.Context, facts demoFacts) error {
	accounts, err := p.merchants.Accounts(ctx, merchants.AccountFilter{MerchantID: facts.Merchant, Mode: app.Test})
	if err != nil {
		return err
	}
	apps := map[string]string{}
	for _, a := range accounts {
		for _, x := range a.AppIDs {
			if a.Channel == app.WeChat {
				apps[string(x.Kind)] = x.AppID
			}
		}
	}
	website := adaptor.HTTPHandler(shop.New(shop.Config{
		PlatformURL: facts.URL, MerchantID: facts.Merchant, Key: facts.Key, URL: facts.Shop, Apps: apps,
		PhoneURL: p.config.SandboxURL() + "/wallet", PhoneToken: p.config.Sandbox.Token.Reveal(),
		Client: &http.Client{Timeout: 20 * time.Second}, Logger: p.logger,
	}))
	p.shop.Store(&website)
	return nil
}
