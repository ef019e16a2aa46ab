// Package status knows how the installation is: which servers run it, how far
// behind its queues are, and what an operator should look at.
package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// Beat is how often a server says that it is there. One that has said nothing
// for three beats is taken for gone.
const Beat = 10 * time.Second

// keptFor is how long a server that is gone is remembered.
const keptFor = 7 * 24 * time.Hour

// Facts are what a server says about itself.
type Facts struct {
	Go         string `json:"go"`
	Goroutines int    `json:"goroutines"`
	HeapBytes  int64  `json:"heap_bytes"`
	PoolOpen   int    `json:"pool_open"` // database connections
	PoolInUse  int    `json:"pool_in_use"`
	PoolMax    int    `json:"pool_max"`
	PoolWaits  int64  `json:"pool_waits"` // since the start
	SkewMS     int64  `json:"skew_ms"`    // its clock less the database's
	DiskFree   int64  `json:"disk_free"`  // bytes of the data folder's file system; -1 unknown
	DiskTotal  int64  `json:"disk_total"`
	Sandbox    bool   `json:"sandbox"` // it serves the simulator
}

// Server is one process of the installation.
type Server struct {
	ID, Host       string
	Version, Build string
	StartedAt      app.Millis
	SeenAt         app.Millis
	StoppedAt      app.Millis // 0 unless it ended in good order
	Facts          Facts
}

// Alive reports whether the server has been heard of lately.
func (s Server) Alive(now app.Millis) bool {
	return s.StoppedAt == 0 && s.SeenAt > now.Add(-3*Beat)
}

// Servers keeps who runs the installation.
type Servers struct{ db *db.DB }

// NewServers returns the servers of d.
func NewServers(d *db.DB) *Servers { return &Servers{db: d} }

// Seen stores that the server is there.
func (s *Servers) Seen(ctx context.Context, server Server) error {
	facts, err := json.Marshal(server.Facts)
	if err != nil {
		return err
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	server.SeenAt = now
	n, err := touchServer(ctx, s.db, server, string(facts))
	if err == nil && n == 0 {
		err = insertServer(ctx, s.db, server, string(facts))
	}
	if err != nil {
		return fmt.Errorf("say that %s is there: %w", server.ID, err)
	}
	return nil
}

// Stopped stores that the server has ended in good order.
func (s *Servers) Stopped(ctx context.Context, id string) error {
	now, err := s.db.Now(ctx)
	if err != nil {
		return err
	}
	if err := stopServer(ctx, s.db, id, now); err != nil {
		return fmt.Errorf("say that %s has ended: %w", id, err)
	}
	return nil
}

// List returns the servers heard of within the last day, the newest first, 50
// at most, and the database's time.
func (s *Servers) List(ctx context.Context) ([]Server, app.Millis, error) {
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, 0, err
	}
	rows, err := listServers(ctx, s.db, now.Add(-24*time.Hour))
	if err != nil {
		return nil, 0, fmt.Errorf("list servers: %w", err)
	}
	out := make([]Server, len(rows))
	var errs []error
	for i, r := range rows {
		out[i], err = r.server()
		errs = append(errs, err)
	}
	return out, now, errors.Join(errs...)
}

// Forget deletes servers that have been gone for a week.
func (s *Servers) Forget(ctx context.Context) error {
	now, err := s.db.Now(ctx)
	if err == nil {
		err = deleteServers(ctx, s.db, now.Add(-keptFor))
	}
	if err != nil {
		return fmt.Errorf("forget servers: %w", err)
	}
	return nil
}
