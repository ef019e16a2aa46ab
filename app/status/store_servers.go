package status

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

type serverRow struct {
	ID        string     `db:"id"`
	Host      string     `db:"host"`
	Version   string     `db:"version"`
	Build     string     `db:"build"`
	StartedAt app.Millis `db:"started_at"`
	SeenAt    app.Millis `db:"seen_at"`
	StoppedAt app.Millis `db:"stopped_at"`
	Facts     string     `db:"facts"`
}

func (r serverRow) server() (Server, error) {
	s := Server{ID: r.ID, Host: r.Host, Version: r.Version, Build: r.Build, StartedAt: r.StartedAt, SeenAt: r.SeenAt, StoppedAt: r.StoppedAt}
	if err := json.Unmarshal([]byte(r.Facts), &s.Facts); err != nil {
		return Server{}, fmt.Errorf("facts of %s: %w", r.ID, err)
	}
	return s, nil
}

const serverColumns = `id, host, version, build, started_at, seen_at, stopped_at, facts`

func insertServer(ctx context.Context, q db.Querier, s Server, facts string) error {
	_, err := q.Exec(ctx, `INSERT INTO servers (`+serverColumns+`) VALUES (?, ?, ?, ?, ?, ?, 0, ?)`,
		s.ID, s.Host, s.Version, s.Build, s.StartedAt, s.SeenAt, facts)
	return err
}

func touchServer(ctx context.Context, q db.Querier, s Server, facts string) (int64, error) {
	return q.Exec(ctx, `UPDATE servers SET seen_at = ?, facts = ? WHERE id = ?`, s.SeenAt, facts, s.ID)
}

func stopServer(ctx context.Context, q db.Querier, id string, now app.Millis) error {
	_, err := q.Exec(ctx, `UPDATE servers SET stopped_at = ?, seen_at = ? WHERE id = ?`, now, now, id)
	return err
}

func listServers(ctx context.Context, q db.Querier, since app.Millis) ([]serverRow, error) {
	var rows []serverRow
	err := q.Select(ctx, &rows, `SELECT `+serverColumns+` FROM servers WHERE seen_at > ? ORDER BY seen_at DESC LIMIT 50`, since)
	return rows, err
}

func deleteServers(ctx context.Context, q db.Querier, before app.Millis) error {
	_, err := q.Exec(ctx, `DELETE FROM servers WHERE seen_at < ?`, before)
	return err
}
