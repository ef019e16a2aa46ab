package statements

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/payments"
)

// Mail is one message in plain text.
type Mail struct {
	ID      string // stays the same when the mail is sent again
	To      []string
	Subject string
	Text    string
}

// Mailer sends mails.
type Mailer interface {
	Send(ctx context.Context, m Mail) error
}

const (
	mailLease = 2 * time.Minute
	// mailPatience is how long a day's mail waits for the day's other bills.
	mailPatience = 2 * time.Hour
)

// mailDelays are waited after failures; after the last the mail is given up.
var mailDelays = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour}

// The statuses of a day's mail.
const (
	mailWaiting = "waiting"
	mailSent    = "sent"
	mailFailed  = "failed"
	mailOff     = "off" // the merchant wanted none any more
)

// queueMail has the day's mail sent, once for all of the day's bills: at once
// when they have all been compared, and without those that are late otherwise.
func (s *Service) queueMail(ctx context.Context, tx *db.Tx, run RunRef, b *book) error {
	if s.Mailer == nil {
		return nil
	}
	settings, err := s.Merchants.SettingsIn(ctx, tx, run.MerchantID)
	if err != nil || settings.StatementEmails == "" {
		return err
	}
	due := b.now
	for _, id := range b.identities {
		if _, done := b.days[place{id.ID, run.Day}]; !done && b.expected(id, run.Day) {
			due = b.now.Add(mailPatience)
		}
	}
	m, found, err := s.store.mailOf(ctx, tx, run.scope(), run.Day)
	if err != nil {
		return err
	}
	if !found {
		return s.store.insertMail(ctx, tx, mailRow{
			ID: app.NewID(app.PrefixStatement, b.now.Time()), MerchantID: run.MerchantID, Mode: run.Mode, Day: run.Day,
			Status: mailWaiting, NextAt: due, WantedVersion: 1, CreatedAt: b.now, UpdatedAt: b.now,
		})
	}
	return s.store.wantMail(ctx, tx, m, due, b.now)
}

// MailDue sends the mails that are due and returns how many went out. One that
// cannot be sent is tried again later, and given up after about a day; it holds
// nothing else up. Its error is logged and kept with the mail.
func (s *Service) MailDue(ctx context.Context) (int, error) {
	if s.Mailer == nil {
		return 0, nil
	}
	sent := 0
	for {
		now, err := s.DB.Now(ctx)
		if err != nil {
			return sent, err
		}
		m, found, err := s.store.claimMail(ctx, s.DB, s.Owner, now, now.Add(mailLease))
		if err != nil || !found {
			return sent, err
		}
		went, err := s.deliver(ctx, m)
		if err != nil {
			return sent, err
		}
		if went {
			sent++
		}
	}
}

// deliver sends one claimed mail and notes what came of it.
func (s *Service) deliver(ctx context.Context, m mailRow) (bool, error) {
	mail, err := s.compose(ctx, m)
	if err == nil && len(mail.To) > 0 {
		err = s.Mailer.Send(ctx, mail)
	}
	now, nowErr := s.DB.Now(ctx)
	if nowErr != nil {
		return false, nowErr
	}
	m.UpdatedAt = now
	switch {
	case err != nil:
		s.Logger.WarnContext(ctx, "statement mail not sent", "merchant", m.MerchantID, "day", string(m.Day), "tries", m.Tries, "error", err)
		m.Status, m.NextAt, m.Error = mailFailed, 0, clipTo(err.Error(), 500)
		if int(m.Tries) <= len(mailDelays) {
			m.Status, m.NextAt = mailWaiting, now.Add(mailDelays[m.Tries-1])
		}
	case len(mail.To) == 0:
		m.Status, m.NextAt, m.Error = mailOff, 0, ""
	default:
		m.Status, m.NextAt, m.Error, m.SentAt = mailSent, 0, "", now
	}
	return m.Status == mailSent, s.store.noteMail(ctx, s.DB, m)
}

// compose writes the mail by the figures as they stand now; without recipients
// when the merchant wants none any more.
func (s *Service) compose(ctx context.Context, m mailRow) (Mail, error) {
	settings, err := s.Merchants.Settings(ctx, m.MerchantID)
	if err != nil || settings.StatementEmails == "" {
		return Mail{}, err
	}
	merchant, err := s.Merchants.Merchant(ctx, m.MerchantID)
	if err != nil {
		return Mail{}, err
	}
	scope := payments.Scope{MerchantID: m.MerchantID, Mode: m.Mode}
	day, err := s.Day(ctx, scope, m.Day)
	if err != nil {
		return Mail{}, err
	}
	mail := mailText(wordsOf(s.MailLocale), merchant.Name, m.Mode, day, fmt.Sprintf("%s/console/m/%s/%s/reconciliation?date=%s", s.BaseURL, m.MerchantID, m.Mode, m.Day))
	mail.ID, mail.To = fmt.Sprintf("%s.%d", m.ID, m.WantedVersion), settings.StatementEmails.List()
	return mail, nil
}

type mailRow struct {
	ID            string     `db:"id"`
	MerchantID    string     `db:"merchant_id"`
	Mode          app.Mode   `db:"mode"`
	Day           app.Day    `db:"day"`
	Status        string     `db:"status"`
	Tries         int64      `db:"tries"`
	Error         string     `db:"error"`
	NextAt        app.Millis `db:"next_at"`
	LeaseOwner    string     `db:"lease_owner"`
	LeaseUntil    app.Millis `db:"lease_until"`
	SentVersion   int64      `db:"sent_version"`
	WantedVersion int64      `db:"wanted_version"`
	CreatedAt     app.Millis `db:"created_at"`
	UpdatedAt     app.Millis `db:"updated_at"`
	SentAt        app.Millis `db:"sent_at"`
}

const mailColumns = `id, merchant_id, mode, day, status, tries, error, next_at, lease_owner, lease_until, sent_version, wanted_version, created_at, updated_at, sent_at`

func (store) mailOf(ctx context.Context, q db.Querier, scope payments.Scope, day app.Day) (mailRow, bool, error) {
	var m mailRow
	err := q.Get(ctx, &m, `SELECT `+mailColumns+` FROM statement_mails WHERE merchant_id = ? AND mode = ? AND day = ?`, scope.MerchantID, scope.Mode, day)
	if errors.Is(err, db.ErrNoRows) {
		return mailRow{}, false, nil
	}
	if err != nil {
		return mailRow{}, false, fmt.Errorf("read the mail of %s: %w", day, err)
	}
	return m, true, nil
}

func (store) insertMail(ctx context.Context, tx *db.Tx, m mailRow) error {
	_, err := tx.Exec(ctx, `INSERT INTO statement_mails (`+mailColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.MerchantID, m.Mode, m.Day, m.Status, m.Tries, m.Error, m.NextAt, m.LeaseOwner, m.LeaseUntil, m.SentVersion, m.WantedVersion, m.CreatedAt, m.UpdatedAt, m.SentAt)
	if err != nil {
		return fmt.Errorf("queue a mail: %w", err)
	}
	return nil
}

// wantMail has a day's mail sent again, whatever became of the last.
func (store) wantMail(ctx context.Context, tx *db.Tx, m mailRow, due, now app.Millis) error {
	_, err := tx.Exec(ctx, `UPDATE statement_mails SET status = 'waiting', tries = 0, next_at = ?, wanted_version = wanted_version + 1, updated_at = ? WHERE id = ? AND merchant_id = ?`,
		due, now, m.ID, m.MerchantID)
	if err != nil {
		return fmt.Errorf("queue %s: %w", m.ID, err)
	}
	return nil
}

// noteMail writes what became of a mail, unless it was wanted anew meanwhile:
// then it goes out again.
func (store) noteMail(ctx context.Context, q db.Querier, m mailRow) error {
	_, err := q.Exec(ctx, `UPDATE statement_mails SET status = CASE WHEN wanted_version = ? THEN ? ELSE status END, next_at = CASE WHEN wanted_version = ? THEN ? ELSE next_at END,
 error = ?, sent_at = ?, lease_until = 0, updated_at = ? WHERE id = ? AND merchant_id = ? AND lease_owner = ? AND lease_until = ?`,
		m.WantedVersion, m.Status, m.WantedVersion, m.NextAt, m.Error, m.SentAt, m.UpdatedAt, m.ID, m.MerchantID, m.LeaseOwner, m.LeaseUntil)
	if err != nil {
		return fmt.Errorf("note the mail %s: %w", m.ID, err)
	}
	return nil
}

func clipTo(s string, n int) string {
	r := []rune(s)
	return string(r[:min(len(r), n)])
}
