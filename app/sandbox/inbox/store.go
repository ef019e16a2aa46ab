package inbox

import (
	"context"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

func insertInbox(ctx context.Context, q db.Querier, name, secret string, now app.Millis) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_inboxes (name, secret, created_at) VALUES (?, ?, ?)`, name, secret, now)
	return err
}

func updateSecret(ctx context.Context, q db.Querier, name, secret string) error {
	_, err := q.Exec(ctx, `UPDATE sandbox_inboxes SET secret = ? WHERE name = ?`, secret, name)
	return err
}

func selectSecret(ctx context.Context, q db.Querier, name string) (secret string, err error) {
	err = q.Get(ctx, &secret, `SELECT secret FROM sandbox_inboxes WHERE name = ?`, name)
	return secret, err
}

func selectNames(ctx context.Context, q db.Querier) (names []string, err error) {
	err = q.Select(ctx, &names, `SELECT name FROM sandbox_inboxes ORDER BY name LIMIT 100`)
	return names, err
}

func insertMessage(ctx context.Context, q db.Querier, m Message) error {
	_, err := q.Exec(ctx, `INSERT INTO sandbox_inbox_messages (id, inbox, verified, problem, headers, body, received_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, m.ID, m.Inbox, m.Verified, m.Problem, m.HeaderJSON, m.Body, m.ReceivedAt)
	return err
}

func selectMessages(ctx context.Context, q db.Querier, name string) (messages []Message, err error) {
	err = q.Select(ctx, &messages, `SELECT id, inbox, verified, problem, headers, body, received_at
		FROM sandbox_inbox_messages WHERE inbox = ? ORDER BY id DESC LIMIT ?`, name, Kept)
	return messages, err
}

func selectNewestIDs(ctx context.Context, q db.Querier, name string) (ids []string, err error) {
	err = q.Select(ctx, &ids, `SELECT id FROM sandbox_inbox_messages WHERE inbox = ? ORDER BY id DESC LIMIT ?`, name, Kept+1)
	return ids, err
}

func deleteUpTo(ctx context.Context, q db.Querier, name, id string) error {
	_, err := q.Exec(ctx, `DELETE FROM sandbox_inbox_messages WHERE inbox = ? AND id <= ?`, name, id)
	return err
}
