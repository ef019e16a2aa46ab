package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/merchants"
)

// boundApps is a WeChat merchant of the sandbox with its apps.
type boundApps struct {
	MchID string `json:"mchid"`
	Apps  []struct {
		AppID string            `json:"appid"`
		Kind  merchants.AppKind `json:"kind"`
	} `json:"apps"`
}

func (b boundApps) inputs() []merchants.AppInput {
	var apps []merchants.AppInput
	for _, a := range b.Apps {
		apps = append(apps, merchants.AppInput{AppID: a.AppID, Kind: a.Kind})
	}
	return apps
}

// bindApps gives a demo that was seeded when a sandbox merchant had one app the
// others: in-app pages, mini-programs and apps each need their own.
func (p *platform) bindApps(ctx context.Context, merchantID string) error {
	accounts, err := p.merchants.Accounts(ctx, merchants.AccountFilter{MerchantID: merchantID, Mode: app.Test, Channel: app.WeChat})
	if err != nil {
		return err
	}
	for _, a := range accounts {
		if len(a.AppIDs) != 1 || a.AppIDs[0].HasSecret {
			continue // it was set up by hand
		}
		apps, err := p.sandboxApps(ctx, a.Identity)
		if err != nil {
			return err
		}
		if len(apps) == 0 || apps[0].AppID != a.AppIDs[0].AppID {
			continue
		}
		if _, err := p.merchants.SetAppIDs(ctx, merchantID, a.ID, apps); err != nil {
			return err
		}
	}
	return nil
}

// sandboxApps are the apps of a sandbox merchant, none when it does not know
// the mchid.
func (p *platform) sandboxApps(ctx context.Context, mchID string) ([]merchants.AppInput, error) {
	answer, err := ask(ctx, http.MethodGet, p.config.SandboxURL()+"/merchants?limit=100", p.config.Sandbox.Token.Reveal(), "", nil)
	if err != nil {
		return nil, fmt.Errorf("ask the sandbox for its merchants: %w", err)
	}
	var list struct {
		Data []boundApps `json:"data"`
	}
	if err := json.Unmarshal(answer, &list); err != nil {
		return nil, fmt.Errorf("read the sandbox's merchants: %w", err)
	}
	for _, m := range list.Data {
		if m.MchID == mchID {
			return m.inputs(), nil
		}
	}
	return nil, nil
}
