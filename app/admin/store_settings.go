package admin

import (
	"context"
	"encoding/json"

	"github.com/piaohao/piaohao/app/db"
)

const settingsColumns = `version, settings, changed_by, changed_name, created_at`

func settingsVersions(ctx context.Context, q db.Querier, limit int) ([]settingsRow, error) {
	var rows []settingsRow
	err := q.Select(ctx, &rows, `SELECT `+settingsColumns+` FROM platform_settings ORDER BY version DESC LIMIT ?`, limit)
	return rows, err
}

func insertSettings(ctx context.Context, q db.Querier, v SettingsVersion) error {
	text, err := json.Marshal(v.Settings)
	if err != nil {
		return err
	}
	_, err = q.Exec(ctx, `INSERT INTO platform_settings (`+settingsColumns+`) VALUES (?, ?, ?, ?, ?)`, v.Number, string(text), v.By, v.ByName, v.At)
	return err
}
