package match

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

// Config says how a day is matched.
type Config struct {
	Day app.Day
	Dir string // for temporary files, which are gone when Run returns; "" is the system's
	// MemoryLimit bounds what sorting holds, in bytes; 0 is DefaultMemory.
	MemoryLimit int64
	// Margin is how close to midnight a record may stand in another day's bill; 0
	// is DefaultMargin.
	Margin time.Duration
	// Result, when given, takes the result file; see OpenResult.
	Result io.Writer
	// All has the sink see every item. Otherwise it sees those with something to
	// do or to say: all but records of the day that match without a reason.
	All bool
}

// The defaults of Config.
const (
	DefaultMemory = 64 << 20
	DefaultMargin = 10 * time.Minute
)

// Books yields what our books hold of the day, and what is carried from earlier
// days, in any order. A record may be reused after yield returns. What yields
// the same record twice (carried, and of the day) yields it once in effect.
type Books func(ctx context.Context, yield func(*Record) error) error

// Lines yields the bill's lines, in any order, as channel.BillReader does.
type Lines func(ctx context.Context, yield func(*channel.BillLine) error) error

// Lookup returns the payments and refunds that carry one of the numbers, ours or
// the channel's, whatever their day and state. MatchedOn must be set of those
// found in another day's bill. It is called while the sink is, but not twice at
// once.
type Lookup func(ctx context.Context, numbers []string) ([]Record, error)

// Outcome is what a day came to.
type Outcome struct {
	All      Totals
	Accounts map[string]*Totals // by account id; "" holds what no account of ours explains
	Lines    int64              // of the bill
	Records  int64              // of the books, carried ones included
	Items    int64
}

// Run matches a day: it reads both sides at once, sorts them outside of memory,
// and merges them once. The sink gets the items in the order of their keys:
// payments before refunds, numbers of ours in the order in which they were made,
// then all others. What it gets stays valid. The same input gives the same
// items, whatever its order and the memory.
//
// Errors of the callbacks are returned as they are; then nothing that the sink
// got may be believed, as with a *channel.BillError.
func Run(ctx context.Context, cfg Config, books Books, lines Lines, lookup Lookup, sink func(*Item) error) (out Outcome, err error) {
	if cfg.Day.Start().IsZero() {
		return out, app.Errorf(app.Invalid, "%q is not a day to match", cfg.Day)
	}
	e := newEngine(cfg, lookup, sink)
	defer func() { err = errors.Join(err, e.close()) }()
	if err := e.read(ctx, books, lines); err != nil {
		return Outcome{}, err
	}
	if err := e.merge(ctx); err != nil {
		return Outcome{}, err
	}
	e.out.All.finish()
	for _, t := range e.out.Accounts {
		t.finish()
	}
	return e.out, nil
}

type engine struct {
	cfg    Config
	judge  judge
	codec  *codec
	lines  *sorter
	books  *sorter
	pairs  *sorter // see pairer
	lookup Lookup
	sink   func(*Item) error
	out    Outcome
	result *resultWriter

	nameless map[string][]*Record // refunds without a number, by their order; see claim
	claimed  map[string]bool      // of those, by id
	accounts []*Totals            // by the number of the account's word; see totalsOf
	finder   *finder
	finding  sync.Mutex // held while lookup is called
	rest     rest
	packed   []byte // of one plain item
}

func newEngine(cfg Config, lookup Lookup, sink func(*Item) error) *engine {
	if cfg.MemoryLimit <= 0 {
		cfg.MemoryLimit = DefaultMemory
	}
	if cfg.Margin == 0 {
		cfg.Margin = DefaultMargin
	}
	sorter := func(share int64) *sorter { return newSorter(cfg.Dir, int(cfg.MemoryLimit/share)) }
	return &engine{
		cfg: cfg, judge: newJudge(cfg.Day, cfg.Margin), codec: newCodec(cfg.Day), lookup: lookup, sink: sink,
		lines: sorter(sideShare), books: sorter(sideShare), pairs: sorter(pairsShare),
		out: Outcome{Accounts: map[string]*Totals{}}, nameless: map[string][]*Record{}, claimed: map[string]bool{},
	}
}

// Of the memory, the sorter of the pairs has a half, each side's sorter an eighth
// and its window a sixteenth; the rest is for what is on its way between them.
const (
	pairsShare  = 2
	sideShare   = 8
	windowShare = 16
)

func (e *engine) close() error { return errors.Join(e.lines.close(), e.books.close(), e.pairs.close()) }

// read takes both sides in at once, and pairs what is plain. The first error
// stops everything.
func (e *engine) read(ctx context.Context, books Books, lines Lines) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	side := func(read func() error) {
		wg.Go(func() {
			if err := read(); err != nil {
				cancel(err)
			}
		})
	}
	p := e.newPairer()
	side(func() error { return e.readBooks(ctx, books, p.books.loader) })
	side(func() error { return e.readLines(ctx, lines, p.lines.loader) })
	side(p.run)
	wg.Wait()
	e.out.Lines = p.lines.count
	for _, list := range e.nameless { // which of two takes a line is not for the books' order to say
		slices.SortFunc(list, func(a, b *Record) int { return strings.Compare(a.RefundID, b.RefundID) })
	}
	return context.Cause(ctx)
}

func (e *engine) readBooks(ctx context.Context, books Books, to *loader) (err error) {
	defer func() { err = errors.Join(err, to.end(ctx)) }()
	stopped := stopper(ctx)
	return books(ctx, func(r *Record) error {
		if err := stopped(); err != nil {
			return err
		}
		if r.Number == "" {
			kept := *r
			e.nameless[r.AttemptID] = append(e.nameless[r.AttemptID], &kept)
		}
		b := to.begin()
		from := len(b)
		b = r.appendKey(b)
		key := b[from:]
		return to.add(ctx, e.codec.appendRecord(b, key, r), from+len(key))
	})
}

func (e *engine) readLines(ctx context.Context, lines Lines, to *loader) (err error) {
	defer func() { err = errors.Join(err, to.end(ctx)) }()
	var kept Line
	stopped := stopper(ctx)
	return lines(ctx, func(l *channel.BillLine) error {
		if err := stopped(); err != nil {
			return err
		}
		kept.from(l)
		b := to.begin()
		from := len(b)
		b = kept.appendKey(b)
		key := b[from:]
		return to.add(ctx, e.codec.appendLine(b, key, &kept), from+len(key))
	})
}

// stopper asks now and then whether the other side has failed or the caller has
// gone.
func stopper(ctx context.Context) func() error {
	n := 0
	return func() error {
		if n++; n&255 != 1 {
			return nil
		}
		return ctx.Err()
	}
}

func (l *Line) from(b *channel.BillLine) {
	*l = Line{
		Row: b.Row, Kind: b.Kind, At: b.At, Number: b.Number, ChannelTradeNo: b.ChannelTradeNo,
		RefundNumber: b.RefundNumber, ChannelRefundNo: b.ChannelRefundNo, RawState: b.RawState, RefundState: b.RefundState,
		Amount: b.Amount, Settlement: b.Settlement, Fee: b.Fee, Rate: b.Rate, HasRate: b.HasRate,
	}
	if l.Kind == channel.LinePayment {
		l.RefundNumber, l.ChannelRefundNo, l.RefundState = "", "", ""
	}
}
