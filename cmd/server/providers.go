package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// providerCommand keeps the platform's service provider (服务商) accounts.
func providerCommand(ctx context.Context, env environment, args []string) error {
	return sub(env, "provider", args, map[string]func([]string) error{
		"add":     func(args []string) error { return providerAdd(ctx, env, args) },
		"update":  func(args []string) error { return providerUpdate(ctx, env, args) },
		"list":    func(args []string) error { return providerList(ctx, env, args) },
		"enable":  func(args []string) error { return providerSwitch(ctx, env, args, true) },
		"disable": func(args []string) error { return providerSwitch(ctx, env, args, false) },
	})
}

// normalizer is a driver that brings credentials into the form they are stored
// in.
type normalizer interface {
	Normalize(credentials json.RawMessage) (json.RawMessage, channel.Report)
}

// readCredentials reads a file of credentials as a direct merchant's are, and
// brings it into the form it is stored in.
func readCredentials(driver channel.Driver, file string) (json.RawMessage, error) {
	if file == "" {
		return nil, errors.New("--credentials names no file")
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the credentials: %w", err)
	}
	if !json.Valid(raw) {
		return nil, fmt.Errorf("%s is not JSON", file) // the decoder's error could quote a key
	}
	if n, ok := driver.(normalizer); ok {
		raw, _ = n.Normalize(raw)
	}
	return raw, nil
}

func providerAdd(ctx context.Context, env environment, args []string) (err error) {
	in := merchants.ProviderRegistration{}
	var mode, name, file string
	var unproven bool
	cfg, _, err := flagsOf(env, "provider add", config.Default(), args, func(f *flag.FlagSet) {
		f.StringVar(&name, "channel", "", "wechat or alipay")
		f.StringVar(&mode, "mode", string(app.Live), "live or test")
		f.StringVar(&in.Name, "name", "", "the `name` that people see")
		f.StringVar(&file, "credentials", "", "the JSON `file` of the provider's own credentials")
		f.BoolVar(&unproven, "no-probe", false, "save without a live test call")
	})
	if err != nil {
		return err
	}
	in.Mode, in.Channel = app.Mode(mode), app.Channel(name)
	return withPlatform(ctx, env, cfg, "provider add", func(ctx context.Context, p *platform) error {
		driver := p.clients.pool.Driver(in.Channel)
		if driver == nil {
			return fmt.Errorf("--channel is wechat or alipay, not %q", name)
		}
		if in.Credentials, err = readCredentials(driver, file); err != nil {
			return err
		}
		added, report, err := p.merchants.RegisterProvider(ctx, in, driver, p.proof(unproven))
		if err != nil {
			return errors.Join(err, failedChecks(report))
		}
		printf(env.stdout, "provider  %s\nidentity  %s\n", added.ID, added.Identity)
		return nil
	})
}

func providerUpdate(ctx context.Context, env environment, args []string) error {
	var id, file string
	var unproven bool
	cfg, _, err := flagsOf(env, "provider update", config.Default(), args, func(f *flag.FlagSet) {
		f.StringVar(&id, "id", "", "the provider's `id`")
		f.StringVar(&file, "credentials", "", "the JSON `file` of its new credentials")
		f.BoolVar(&unproven, "no-probe", false, "save without a live test call")
	})
	if err != nil {
		return err
	}
	return withPlatform(ctx, env, cfg, "provider update", func(ctx context.Context, p *platform) error {
		before, err := p.merchants.Provider(ctx, id)
		if err != nil {
			return err
		}
		driver := p.clients.pool.Driver(before.Channel)
		credentials, err := readCredentials(driver, file)
		if err != nil {
			return err
		}
		after, report, err := p.merchants.UpdateProviderCredentials(ctx, id, credentials, driver, p.proof(unproven))
		if err != nil {
			return errors.Join(err, failedChecks(report))
		}
		printf(env.stdout, "%s is at version %d\n", after.ID, after.Version)
		return nil
	})
}

func providerList(ctx context.Context, env environment, args []string) error {
	cfg, _, err := flagsOf(env, "provider list", config.Default(), args, nil)
	if err != nil {
		return err
	}
	return withPlatform(ctx, env, cfg, "provider list", func(ctx context.Context, p *platform) error {
		for _, mode := range []app.Mode{app.Live, app.Test} {
			list, err := p.merchants.Providers(ctx, mode)
			if err != nil {
				return err
			}
			for _, v := range list {
				state := "enabled"
				if !v.Enabled {
					state = "disabled"
				}
				printf(env.stdout, "%s  %s  %s  %s  %s  %s\n", v.ID, v.Mode, v.Channel, v.Identity, state, v.Name)
			}
		}
		return nil
	})
}

func providerSwitch(ctx context.Context, env environment, args []string, enabled bool) error {
	verb := map[bool]string{true: "enable", false: "disable"}[enabled]
	cfg, set, err := flagsOf(env, "provider "+verb, config.Default(), args, func(*flag.FlagSet) {})
	if err != nil {
		return err
	}
	return withPlatform(ctx, env, cfg, "provider "+verb, func(ctx context.Context, p *platform) error {
		if _, err := p.merchants.SwitchProvider(ctx, set.Arg(0), enabled); err != nil {
			return err
		}
		printf(env.stdout, "%s %s: done\n", verb, set.Arg(0))
		return nil
	})
}

// proof is the live call that new credentials must make.
func (p *platform) proof(unproven bool) merchants.Probe {
	if unproven {
		return nil
	}
	return p.clients.Probe
}

// withPlatform runs a command's work on an opened platform, as that command.
func withPlatform(ctx context.Context, env environment, cfg config.Config, name string, work func(context.Context, *platform) error) error {
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	return errors.Join(work(audit.WithActor(ctx, audit.System(name)), p), p.close())
}

// failedChecks names what is wrong with credentials, nil when nothing is.
func failedChecks(r channel.Report) error {
	var failed []error
	for _, c := range r.Checks {
		if c.Status == channel.CheckFailed {
			failed = append(failed, fmt.Errorf("%s: %s", c.Field, c.Code))
		}
	}
	return errors.Join(failed...)
}
