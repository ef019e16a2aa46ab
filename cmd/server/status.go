package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/admin/console"
	"github.com/piaohao/piaohao/app/status"
)

// runsKept is how long the history of jobs is kept.
const runsKept = 30 * 24 * time.Hour

// sweepStatus tells of runs whose server ended, and forgets what is long past.
func (p *platform) sweepStatus(ctx context.Context) error {
	now, err := p.db.Now(ctx)
	if err != nil {
		return err
	}
	if err := p.jobStates.Sweep(ctx, now.Add(-runsKept)); err != nil {
		return err
	}
	return p.servers.Forget(ctx)
}

// beat says every few seconds that this server is there.
func (p *platform) beat(ctx context.Context) error {
	host, err := os.Hostname()
	if err != nil {
		host = "?"
	}
	me := status.Server{ID: p.owner, Host: host, Version: version, Build: buildOf(debug.ReadBuildInfo()), StartedAt: app.ToMillis(time.Now())}
	if at, ok := app.IDTime(p.owner); ok {
		me.StartedAt = app.ToMillis(at)
	}
	tick := time.NewTicker(status.Beat)
	defer tick.Stop()
	for {
		if me.Facts, err = p.facts(ctx); err != nil {
			return err
		}
		if err := p.servers.Seen(ctx, me); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// facts are what this server says about itself.
func (p *platform) facts(ctx context.Context) (status.Facts, error) {
	skew, err := p.db.Skew(ctx)
	if err != nil {
		return status.Facts{}, err
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	pool := p.db.Pool()
	free, total := diskOf(p.dataFolder())
	return status.Facts{
		Go: runtime.Version(), Goroutines: runtime.NumGoroutine(), HeapBytes: int64(memory.HeapAlloc),
		PoolOpen: pool.Open, PoolInUse: pool.InUse, PoolMax: pool.Max, PoolWaits: pool.Waits,
		SkewMS: skew.Milliseconds(), DiskFree: free, DiskTotal: total, Sandbox: p.sandbox != nil,
	}, nil
}

// dataFolder is where this server keeps what it must not lose: the embedded
// database, or else the keyset.
func (p *platform) dataFolder() string {
	if path, ok := strings.CutPrefix(p.config.Database.URL, "sqlite:"); ok {
		return filepath.Dir(path)
	}
	return filepath.Dir(p.config.Secrets.KeysetFile)
}

// diskOf returns the free and all bytes of the folder's file system, -1 where
// they are not known.
func diskOf(folder string) (free, total int64) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return -1, -1
	}
	return int64(s.Bavail) * s.Bsize, int64(s.Blocks) * s.Bsize
}

// buildOf names the commit that the binary was built from.
func buildOf(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return ""
	}
	var revision, modified string
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			revision = s.Value[:min(len(s.Value), 12)]
		case "vcs.modified":
			if s.Value == "true" {
				modified = "+"
			}
		}
	}
	return revision + modified
}

// jobTable is the table of jobs as the console shows it.
func (p *platform) jobTable() []console.JobInfo {
	var out []console.JobInfo
	for _, j := range p.jobs() {
		out = append(out, console.JobInfo{Name: j.name, Schedule: j.spec, Leased: j.lease > 0})
	}
	return out
}

// effective is the configuration as the console shows it.
func (p *platform) effective() []console.Setting {
	var out []console.Setting
	for _, v := range p.config.Explain() {
		out = append(out, console.Setting(v))
	}
	return out
}
