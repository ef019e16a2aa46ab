package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// selectMerchantsByName lists merchants whose name begins with f.Name, in the
// order of their names; f.After is the id of the last one of the page before.
func selectMerchantsByName(ctx context.Context, q db.Querier, f MerchantFilter) ([]Merchant, error) {
	from, after := f.Name, ""
	if f.After != "" {
		last, err := selectMerchant(ctx, q, f.After)
		if err == nil {
			from, after = last.Name, last.ID
		} else if !app.Is(err, app.NotFound) {
			return nil, err
		}
	}
	b := db.NewBuild(`SELECT `+merchantColumns+` FROM merchants WHERE name >= ? AND name < ? AND (name > ? OR id > ?)`, from, f.Name+"\U0010FFFF", from, after)
	if f.Status != "" {
		b.And(`status = ?`, f.Status)
	}
	var rows []merchantRow
	if err := b.Tail(`ORDER BY name, id LIMIT ?`, f.Limit).Select(ctx, q, &rows); err != nil {
		return nil, fmt.Errorf("search merchants: %w", err)
	}
	out := make([]Merchant, len(rows))
	for i, row := range rows {
		m, err := row.merchant()
		if err != nil {
			return nil, err
		}
		out[i] = m
	}
	return out, nil
}
