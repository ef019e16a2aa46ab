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
	d, err := e.downloader(ctx)
	if err != nil {
		return o, err
	}
	if o.trades, err = e.fetchKind(ctx, d, channel.BillTrades); err != nil {
		return o, err
	}
	o.funds, err = e.fetchKind(ctx, d, channel.BillFunds)
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

// downloader returns the client of an account of the identity: of the first that
// can be opened, those that take payments before the others. An account that was
// switched off yesterday has bills all the same.
func (e *execution) downloader(ctx context.Context) (channel.BillDownloader, error) {
	accounts, err := e.Merchants.AccountsOf(ctx, e.row.MerchantID, e.row.IdentityID)
	if err != nil {
		return nil, err
	}
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
		if d, ok := client.(channel.BillDownloader); ok {
			return d, nil
		}
		why = fmt.Errorf("the client of %s downloads no bills", a.ID)
	}
	return nil, noAccount(accounts, why)
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

// fetchKind downloads one bill into the archive, nil when the channel has none.
// What an older execution fetched of the whole day stands in for what the channel
// does not hand out again.
func (e *execution) fetchKind(ctx context.Context, d channel.BillDownloader, kind channel.BillKind) (*Bill, error) {
	loading, cancel := context.WithTimeout(ctx, e.DownloadTimeout)
	defer cancel()
	var got channel.BillFile
	kept, err := e.Archive.Put(loading, func(w io.Writer) error {
		var err error
		got, err = d.DownloadBill(loading, channel.BillRequest{Kind: kind, Day: e.row.Day}, w)
		return err
	})
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

// whole returns the sound bill of the kind that was fetched when the day was over,
// nil when there is none: channels forget bills after some months, and say of a
// forgotten one that there is none.
func (e *execution) whole(ctx context.Context, kind channel.BillKind) (*Bill, error) {
	old, found, err := e.current(ctx, kind)
	if err != nil || !found || old.Problem.Code != "" || old.FetchedAt < app.ToMillis(e.row.Day.End()) {
		return nil, err
	}
	return &old, nil
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
