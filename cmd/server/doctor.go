package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/seal"
	"github.com/piaohao/piaohao/app/status"
	"github.com/piaohao/piaohao/sql"
	"github.com/piaohao/piaohao/web/i18n"
)

// doctorCommand prints what the console's status page says, and fails when
// something does not work.
func doctorCommand(ctx context.Context, env environment, args []string) error {
	cfg, _, err := flagsOf(env, "doctor", config.Default(), args, nil)
	if err != nil {
		return err
	}
	words, err := i18n.New()
	if err != nil {
		return err
	}
	p, err := openPlatform(ctx, env, cfg)
	if err != nil {
		return err
	}
	checks, err := p.checks(ctx)
	if err := errors.Join(err, p.close()); err != nil {
		return err
	}
	en := words.Localizer(i18n.EN)
	bad := 0
	for _, c := range checks {
		if c.Level == status.Bad {
			bad++
		}
		printf(env.stdout, "%-8s %s\n", c.Level, sentence(en, c))
	}
	if bad > 0 {
		return fmt.Errorf("%d checks failed", bad)
	}
	return nil
}

func sentence(words *i18n.Localizer, c status.Check) string {
	args := make([]any, 0, 2*len(c.Args))
	for name, value := range c.Args {
		args = append(args, name, value)
	}
	return words.T("system_check."+c.Code, args...)
}

// checks are what an operator should know of this installation, as this process
// sees it. An error means that not even the database answers.
func (p *platform) checks(ctx context.Context) ([]status.Check, error) {
	var out []status.Check
	for _, part := range []func(context.Context) ([]status.Check, error){
		p.checkDatabase, p.checkServers, p.checkWork, p.checkConfiguration,
	} {
		checks, err := part(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, checks...)
	}
	return out, nil
}

func check(code string, l status.Level, pairs ...string) status.Check {
	c := status.Check{Code: code, Level: l, Args: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		c.Args[pairs[i]] = pairs[i+1]
	}
	return c
}

const (
	skewWarning = time.Second
	skewBad     = 30 * time.Second // signatures with a time in them begin to be refused
)

func (p *platform) checkDatabase(ctx context.Context) ([]status.Check, error) {
	engine, err := p.db.Engine(ctx)
	if err != nil {
		return nil, err
	}
	out := []status.Check{check("database", status.Good, "engine", engine)}
	if err := p.db.Writable(ctx); err != nil {
		out = append(out, check("database_read_only", status.Bad))
	}
	pending, err := p.db.PendingMigrations(ctx, sql.Platform())
	switch {
	case err != nil:
		return nil, err
	case pending > 0:
		out = append(out, check("migrations_pending", status.Bad, "count", strconv.Itoa(pending)))
	default:
		out = append(out, check("migrations", status.Good))
	}
	skew, err := p.db.Skew(ctx)
	if err != nil {
		return nil, err
	}
	level := status.Good
	if skew.Abs() > skewBad {
		level = status.Bad
	} else if skew.Abs() > skewWarning {
		level = status.Warning
	}
	return append(out, check("clock", level, "skew", skew.Round(time.Millisecond).String())), nil
}

func (p *platform) checkServers(ctx context.Context) ([]status.Check, error) {
	servers, now, err := p.servers.List(ctx)
	if err != nil {
		return nil, err
	}
	alive, versions := 0, map[string]bool{}
	var out []status.Check
	for _, s := range servers {
		if s.Alive(now) {
			alive++
			versions[s.Version+" "+s.Build] = true
		}
	}
	out = append(out, check("servers", status.Info, "count", strconv.Itoa(alive)))
	if len(versions) > 1 {
		out = append(out, check("versions_differ", status.Warning, "count", strconv.Itoa(len(versions))))
	}
	free, total := diskOf(p.dataFolder())
	level := status.Good
	if free >= 0 && (free < 256<<20 || free < total/100) {
		level = status.Bad
	} else if free >= 0 && (free < 2<<30 || free < total/20) {
		level = status.Warning
	}
	if free >= 0 {
		out = append(out, check("disk", level, "folder", p.dataFolder(), "free", roundSize(free).String()))
	}
	return out, nil
}

// checkWork looks at the jobs and the audit chains.
func (p *platform) checkWork(ctx context.Context) ([]status.Check, error) {
	states, err := p.jobStates.States(ctx)
	if err != nil {
		return nil, err
	}
	var failing []string
	for _, j := range p.jobs() {
		if states[j.name].Failures > 0 {
			failing = append(failing, j.name)
		}
	}
	var out []status.Check
	if len(failing) > 0 {
		out = append(out, check("jobs_failing", status.Warning, "jobs", strings.Join(failing, ", ")))
	} else {
		out = append(out, check("jobs", status.Good))
	}
	broken, err := p.audit.BrokenChains(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range broken {
		out = append(out, check("audit_broken", status.Bad, "chain", b.Chain, "row", strconv.FormatInt(b.Problems[0].Seq, 10)))
	}
	if len(broken) == 0 {
		out = append(out, check("audit", status.Good))
	}
	return out, nil
}

func (p *platform) checkConfiguration(context.Context) ([]status.Check, error) {
	c := p.config
	out := []status.Check{p.checkKeyset()}
	switch {
	case c.Mail.Host == "":
		out = append(out, check("mail_off", status.Info))
	default:
		out = append(out, check("mail", status.Good, "host", c.Mail.Host))
	}
	switch {
	case c.Channels.LiveOnly:
		out = append(out, check("live_only", status.Info))
	case p.sandbox != nil || c.Sandbox.Enabled:
		out = append(out, check("sandbox", status.Info))
	default:
		out = append(out, check("sandbox_elsewhere", status.Info, "url", c.SandboxURL()))
	}
	if !strings.HasPrefix(c.Server.BaseURL, "https://") {
		out = append(out, check("plain_http", status.Warning, "url", c.Server.BaseURL))
	}
	if c.Webhooks.AllowPrivate {
		out = append(out, check("allow_private", status.Warning))
	}
	if c.Demo.Enabled {
		out = append(out, check("demo", status.Warning))
	}
	if c.Server.MetricsListen == "" {
		out = append(out, check("metrics_off", status.Info))
	}
	return out, nil
}

// checkKeyset names the keys by their ids, which are in every sealed text.
func (p *platform) checkKeyset() status.Check {
	if p.config.Secrets.Keyset != "" {
		return check("keyset_environment", status.Good)
	}
	keys, err := seal.Keys(p.config.Secrets.KeysetFile)
	if err != nil {
		return check("keyset_unreadable", status.Bad, "file", p.config.Secrets.KeysetFile)
	}
	primary, others := "", []string{}
	for _, k := range keys {
		id := strconv.FormatUint(uint64(k.ID), 10)
		if k.Primary {
			primary = id
		} else if !k.Retired {
			others = append(others, id)
		}
	}
	if len(others) == 0 {
		return check("keyset", status.Good, "primary", primary)
	}
	return check("keyset_rotating", status.Info, "primary", primary, "others", strings.Join(others, ", "))
}

// roundSize drops what is below a gibibyte of a large size, and below a mebibyte
// of a small one.
func roundSize(bytes int64) config.Size {
	if bytes >= 1<<30 {
		return config.Size(bytes >> 30 << 30)
	}
	return config.Size(bytes >> 20 << 20)
}
