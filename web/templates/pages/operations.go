package pages

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/i18n"
	"github.com/piaohao/piaohao/web/templates/components"
	"github.com/piaohao/piaohao/web/templates/layout"
)

// Jobs is how the background work goes: the jobs, the queues they work, and the
// servers that run them.
type Jobs struct {
	Shell   layout.Shell
	Rows    []JobRow
	Queues  []QueueRow
	Servers []ServerRow
}

// JobRow is one job. Zero times mean never.
type JobRow struct {
	Name, Schedule string
	Leased         bool   // it runs on one server at a time
	Result         string // ok, error, panic; "" before the first run
	Server         string // that ran it last
	Holder         string // of its lease now; "" for nobody
	StartedAt      app.Millis
	DurationMS     int64
	NextAt         app.Millis
	Failures       int64 // one after the other
	Error          string
	FailedAt       app.Millis
	SucceededAt    app.Millis
	RunningSince   app.Millis
	RunningServer  string
	Asked          bool // somebody asked for a run that has not begun
}

func (j JobRow) tone() components.Tone {
	switch {
	case j.Result == "":
		return components.Quiet
	case j.Result != "ok":
		return components.Bad
	}
	return components.Good
}

// state is the word of the job's state.
func (j JobRow) state() string {
	if j.Result == "" {
		return "never"
	}
	return j.Result
}

// circuitTone is amber where calls wait or are being tried again, and red where
// none goes out.
func (r ChannelRow) circuitTone() components.Tone {
	if r.Circuit == "open" {
		return components.Bad
	}
	return components.Attention
}

// took writes how long a job ran, to the unit that matters.
func took(ctx context.Context, ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d >= time.Hour:
		return i18n.T(ctx, "server.hours_minutes", "hours", int(d.Hours()), "minutes", int(d.Minutes())%60)
	case d >= time.Minute:
		return i18n.T(ctx, "jobs.minutes_seconds", "minutes", int(d.Minutes()), "seconds", int(d.Seconds())%60)
	case d >= time.Second:
		return strconv.FormatInt(ms/1000, 10) + "." + strconv.FormatInt(ms%1000/100, 10) + " s"
	}
	return strconv.FormatInt(ms, 10) + " ms"
}

// JobSentence is what a job does, in words.
func JobSentence(ctx context.Context, name string) string {
	key := "job." + dotless(name)
	if !i18n.From(ctx).Has(key) {
		return name
	}
	return i18n.T(ctx, key)
}

func dotless(name string) string {
	out := []byte(name)
	for i, c := range out {
		if c == '.' {
			out[i] = '_'
		}
	}
	return string(out)
}

// QueueRow is what waits in one queue.
type QueueRow struct {
	Name        string
	Count, Most int        // Most and more are not counted
	Since       app.Millis // when the oldest was due; 0 when not known
}

func (q QueueRow) count() string {
	if q.Count >= q.Most {
		return strconv.Itoa(q.Most) + "+"
	}
	return strconv.Itoa(q.Count)
}

func queueName(ctx context.Context, name string) string {
	key := "queue." + dotless(name)
	if !i18n.From(ctx).Has(key) {
		return i18n.T(ctx, "queue.consumer", "name", name)
	}
	return i18n.T(ctx, key)
}

// ServerRow is one process of the installation. State is alive, stopped or gone.
type ServerRow struct {
	ID, Host, Version, Build, State string
	StartedAt, SeenAt               app.Millis
	UptimeMS                        int64
	PoolInUse, PoolOpen, PoolMax    int
	SkewMS                          int64
	HeapBytes, DiskFree, DiskTotal  int64
}

func (s ServerRow) tone() components.Tone {
	switch s.State {
	case "alive":
		return components.Good
	case "stopped":
		return components.Quiet
	}
	return components.Bad
}

// uptime writes how long the server has run, in its two largest units.
func (s ServerRow) uptime(ctx context.Context) string {
	d := time.Duration(s.UptimeMS) * time.Millisecond
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return i18n.T(ctx, "server.days_hours", "days", days, "hours", hours)
	case hours > 0:
		return i18n.T(ctx, "server.hours_minutes", "hours", hours, "minutes", minutes)
	}
	return i18n.T(ctx, "server.minutes", "minutes", minutes)
}

// skew writes how far a server's clock is off.
func skew(ms int64) string { return strconv.FormatInt(ms, 10) + " ms" }

// size writes bytes in GiB or MiB.
func size(bytes int64) string {
	switch {
	case bytes < 0:
		return "—"
	case bytes >= 1<<30:
		return fmt.Sprintf("%d.%d GiB", bytes>>30, (bytes&(1<<30-1))*10>>30)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}

// Job is one job with its latest runs. Its form posts to AdminJobRun.
type Job struct {
	Shell  layout.Shell
	Job    JobRow
	Runs   []JobRun
	Errors map[string]string // translated: "" for the page
}

// JobRun is one run. State is asked, running, lost or the result.
type JobRun struct {
	ID, State          string
	ByPerson           bool
	AskedName          string
	AskedAt            app.Millis
	Server             string
	StartedAt, EndedAt app.Millis
	Error              string
}

func (r JobRun) tone() components.Tone {
	switch r.State {
	case "ok":
		return components.Good
	case "asked", "running":
		return components.Busy
	}
	return components.Bad
}

// System is how the installation is, and its configuration.
type System struct {
	Shell    layout.Shell
	Checks   []SystemCheck
	Servers  []ServerRow
	Settings []EffectiveSetting
}

// SystemCheck is one thing to know. Level is good, info, warning or bad.
type SystemCheck struct{ Level, Text string }

func (c SystemCheck) tone() components.Tone {
	switch c.Level {
	case "good":
		return components.Good
	case "warning":
		return components.Attention
	case "bad":
		return components.Bad
	}
	return components.Plain
}

// EffectiveSetting is one value of the configuration. Origin is default, file or
// environment.
type EffectiveSetting struct{ Key, Text, Origin, Detail string }

// Channels is how the channels' accounts work, across merchants.
type Channels struct {
	Shell   layout.Shell
	Filters components.Filters
	Rows    []ChannelRow
	Pager   components.Pager
}

// ChannelRow is one account.
type ChannelRow struct {
	AccountID, Name          string
	MerchantID, MerchantName string
	Mode                     app.Mode
	Channel                  string
	Enabled                  bool
	Circuit                  string // open, half_open, paused; "" for closed
	Orders, Refused          int    // of the latest orders
	LastSuccessAt, FailedAt  app.Millis
	Failure                  string // in the channel's words
	DeafSince                app.Millis
	ExpiresAt                app.Millis // the first certificate to end
	ExpiresSoon              bool
}

// rate is how many of the latest orders the channel refused.
func (r ChannelRow) rate() string {
	if r.Orders == 0 {
		return "—"
	}
	return components.Rate(int64(r.Refused) * 10000 / int64(r.Orders))
}

// ChannelFilters makes the filter bar of Channels.
func ChannelFilters(ctx context.Context, path, mode, channel string) components.Filters {
	modes := components.Select{Name: "mode", Label: i18n.T(ctx, "shell.mode"), Default: "live"}
	for _, m := range []string{"live", "test"} {
		modes.Options = append(modes.Options, components.Option{Value: m, Label: i18n.T(ctx, "mode."+m), Selected: m == mode})
	}
	return components.Filters{Path: path, Selects: []components.Select{
		modes, choose(ctx, "channel", "payments.channel", "channel.", channel, []string{"wechat", "alipay"}),
	}}
}

// PlatformSettings are what an administrator chooses for everybody. Its form
// posts to AdminSettings.
type PlatformSettings struct {
	Shell   layout.Shell
	Version int64
	Form    PlatformSettingsForm
	History []SettingsVersion
	Errors  map[string]string // translated, by field
}

// PlatformSettingsForm is the form as it was sent.
type PlatformSettingsForm struct{ SignInNotice, Notice, Support, RefundApproval string }

// SettingsVersion is one earlier state of the settings.
type SettingsVersion struct {
	Number int64
	By     string
	At     app.Millis
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
