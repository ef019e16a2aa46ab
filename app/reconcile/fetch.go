package reconcile

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/app/merchants"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

func (e *execution) scope() payments.Scope {
	return payments.Scope{MerchantID: e.row.MerchantID, Mode: e.row.Mode}
}

// originals are the bills an execution reads; nil is a bill that the channel does
// not have.
type originals struct {
	trades, funds *Bill
	// fundsMissing says why there is no funds bill where the channel refuses it.
	fundsMissing string
}

// fetch downloads both bills of the day and keeps them.
func (e *execution) fetch(ctx context.Context) (originals, error) {
	var o originals
	by, err := e.downloaders(ctx)
	if err != nil {
		return o, err
	}
	if o.trades, err = e.fetchKind(ctx, by, channel.BillTrades); err != nil {
		return o, err
	}
	o.funds, err = e.fetchKind(ctx, by, channel.BillFunds)
	var b *broken
	if errors.As(err, &b) && b.Code == ProblemRefused {
		// Some merchants are not let at their balance, and a provider has no bill of
		// its merchants'. Their trades are compared all the same.
		o.fundsMissing = b.Detail
		return o, nil
	}
	return o, err
}

// noSuch says why there is no bill of the kind on any day, "" when the channel
// means that there is none of this one: it says nothing about what moved.
func noSuch(err error) string {
	var told *channel.Error
	if errors.As(err, &told) && told.Kind == channel.KindNoBill && told.Code == channel.CodeNoSuchBill {
		return words(told)
	}
	return ""
}

// downloaders returns the clients of the identity's accounts that can be opened,
// those that take payments before the others. An account that was switched off
// yesterday has bills all the same.
func (e *execution) downloaders(ctx context.Context) ([]channel.BillDownloader, error) {
	accounts, err := e.Merchants.AccountsOf(ctx, e.row.MerchantID, e.row.IdentityID)
	if err != nil {
		return nil, err
	}
	var out []channel.BillDownloader
	var why error
	for _, a := range accounts {
		if !proven(a) {
			continue
		}
		client, err := e.Channels.Client(ctx, a)
		if err != nil {
			why = err
			continue
		}
		d, ok := client.(channel.BillDownloader)
		if !ok {
			why = fmt.Errorf("the client of %s downloads no bills", a.ID)
			continue
		}
		out = append(out, d)
	}
	if len(out) == 0 {
		return nil, noAccount(accounts, why)
	}
	return out, nil
}

func noAccount(accounts []merchants.Account, why error) error {
	p := Problem{Code: ProblemNoAccount}
	var told *channel.Error
	if errors.As(why, &told) {
		p.Detail = words(told)
	}
	if app.Is(why, app.Unavailable) {
		p.Code = ProblemUnavailable
	}
	return &broken{p, errors.Join(fmt.Errorf("none of %d accounts can fetch bills", len(accounts)), why)}
}

// download has the first account that can fetch the bill into the archive. Where
// none can, the first one's failure is what is told.
func (e *execution) download(ctx context.Context, by []channel.BillDownloader, kind channel.BillKind) (got channel.BillFile, kept archive.File, err error) {
	for n, d := range by {
		file, at, why := e.downloadBy(ctx, d, kind)
		if n == 0 || ofBill(why) {
			got, kept, err = file, at, why
		}
		if ofBill(why) || ctx.Err() != nil {
			break
		}
	}
	return got, kept, err
}

// ofBill reports whether a download came to what it would by any account: the
// bill, what the channel says of it, or that it could not be kept. Anything else
// may be the account's: its keys, its rights, the rate of its calls.
func ofBill(err error) bool {
	var told *channel.Error
	if !errors.As(err, &told) {
		return true
	}
	switch told.Kind {
	case channel.KindNotReady, channel.KindNoBill, channel.KindCorrupt:
		return true
	}
	return false
}

func (e *execution) downloadBy(ctx context.Context, d channel.BillDownloader, kind channel.BillKind) (got channel.BillFile, kept archive.File, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.DownloadTimeout)
	defer cancel()
	kept, err = e.Archive.Put(ctx, func(w io.Writer) error {
		got, err = d.DownloadBill(ctx, channel.BillRequest{Kind: kind, Day: e.row.Day}, w)
		return err
	})
	return got, kept, err
}

// fetchKind downloads one bill into the archive, nil when the channel has none.
// What an older execution fetched of the whole day stands in for what the channel
// does not hand out again.
func (e *execution) fetchKind(ctx context.Context, by []channel.BillDownloader, kind channel.BillKind) (*Bill, error) {
	got, kept, err := e.download(ctx, by, kind)
	if why := noSuch(err); why != "" {
		return nil, &broken{Problem{Code: ProblemRefused, Kind: kind, Detail: why}, err}
	}
	switch channel.KindOf(err) {
	case "":
	case channel.KindNoBill:
		if old, err := e.whole(ctx, kind); err != nil || old != nil {
			return old, err
		}
		return nil, e.DB.InTx(ctx, func(tx *db.Tx) error {
			if err := e.store.hold(ctx, tx, e.row); err != nil {
				return err
			}
			return e.store.noBill(ctx, tx, e.row, kind)
		})
	case channel.KindRefused:
		if old, oldErr := e.whole(ctx, kind); oldErr != nil || old != nil {
			return old, oldErr
		}
		return nil, about(kind, err)
	default:
		return nil, about(kind, err)
	}
	now, err := e.DB.Now(ctx)
	if err != nil {
		return nil, err
	}
	b := Bill{
		ID: app.NewID(app.PrefixBill, now.Time()), RunID: e.row.ID, MerchantID: e.row.MerchantID, Kind: kind, Name: got.Name, Key: kept.Key,
		Size: kept.Size, Format: got.Format, HashType: got.HashType, Hash: got.Hash, FetchedAt: now,
	}
	err = e.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := e.store.hold(ctx, tx, e.row); err != nil {
			return err
		}
		b, err = e.store.insertBill(ctx, tx, b)
		return err
	})
	return &b, err
}

// whole returns the newest sound bill of the kind that was fetched when the day
// was over, nil when there is none, and makes it the current one: channels forget
// bills after some months, and say of a forgotten one that there is none.
func (e *execution) whole(ctx context.Context, kind channel.BillKind) (*Bill, error) {
	list, err := e.store.bills(ctx, e.DB, e.row.MerchantID, e.row.ID)
	if err != nil {
		return nil, err
	}
	for _, b := range list { // the newest first
		if b.Kind != kind || b.Problem.Code != "" || b.FetchedAt < app.ToMillis(e.row.Day.End()) {
			continue
		}
		if !b.Current {
			err = e.DB.InTx(ctx, func(tx *db.Tx) error {
				if err := e.store.hold(ctx, tx, e.row); err != nil {
					return err
				}
				b, err = e.store.insertBill(ctx, tx, b)
				return err
			})
		}
		return &b, err
	}
	return nil, nil
}

// current returns the bill of the kind that the last execution read.
func (e *execution) current(ctx context.Context, kind channel.BillKind) (Bill, bool, error) {
	list, err := e.store.bills(ctx, e.DB, e.row.MerchantID, e.row.ID)
	if err != nil {
		return Bill{}, false, err
	}
	for _, b := range list {
		if b.Kind == kind && b.Current {
			return b, true, nil
		}
	}
	return Bill{}, false, nil
}
