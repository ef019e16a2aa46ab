package figures

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
)

// Violation is a figure that is not what the payments say.
type Violation struct {
	Object  string // a payment, or a merchant and the place of the figure
	Message string
}

const (
	// verifyPage is how many payments are compared at once.
	verifyPage = 200
	// verifyTries is how often differences are looked for again that may be of what
	// was counted meanwhile.
	verifyTries = 20
)

// Verify compares the figures with the payments over the whole database, in
// pages, and hands each difference to report: what every payment was counted
// for with what its rows say, and the sum of that with every figure. A payment
// whose change is still to be counted is no difference, and neither is what was
// counted between two of its reads: it compares again until nothing was. It
// compares nothing while the figures are being built, and answers false.
func (s *Service) Verify(ctx context.Context, report func(Violation)) (bool, error) {
	return s.settled(ctx, s.compare, report)
}

// settled compares until nothing was counted meanwhile, or nothing differs, and
// hands the last differences to report.
func (s *Service) settled(ctx context.Context, compare func(context.Context, func(Violation)) (bool, error), report func(Violation)) (bool, error) {
	for try := 1; ; try++ {
		before, err := s.events.Cursor(ctx, consumer)
		if err != nil {
			return false, err
		}
		var found []Violation
		compared, err := compare(ctx, func(v Violation) { found = append(found, v) })
		if err != nil || !compared {
			return compared, err
		}
		after, err := s.events.Cursor(ctx, consumer)
		if err != nil {
			return false, err
		}
		if len(found) == 0 || before == after || try == verifyTries {
			for _, v := range found {
				report(v)
			}
			return true, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(gather):
		}
	}
}

// compare is one pass over the whole database.
func (s *Service) compare(ctx context.Context, report func(Violation)) (bool, error) {
	at, err := selectProgress(ctx, s.db)
	if err != nil || at.Phase != phaseDone {
		return false, err
	}
	owners, err := selectOwners(ctx, s.db)
	if err != nil {
		return false, err
	}
	everybodys := map[app.Mode]*tally{app.Test: newTally(), app.Live: newTally()}
	for _, o := range owners {
		if err := s.verifyOwner(ctx, o, everybodys[o.Mode], report); err != nil {
			return false, fmt.Errorf("verify the figures of %s: %w", o.MerchantID, err)
		}
	}
	for mode, sums := range everybodys {
		if err := s.verifyFigures(ctx, Scope{Mode: mode}, sums, report); err != nil {
			return false, fmt.Errorf("verify the platform's figures: %w", err)
		}
	}
	return true, nil
}

// verifyOwner compares the figures of one merchant in one mode, and adds to
// everybody's what they make.
func (s *Service) verifyOwner(ctx context.Context, o Scope, everybodys *tally, report func(Violation)) error {
	sums := newTally()
	after := ""
	for {
		ids, err := selectOwnIDs(ctx, s.db, o, after, verifyPage)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			break
		}
		after = ids[len(ids)-1]
		if err := s.verifyPayments(ctx, ids, sums, report); err != nil {
			return err
		}
	}
	for b, n := range sums.buckets {
		if b.Merchant == "" {
			everybodys.buckets[b] = everybodys.buckets[b].Plus(n)
			delete(sums.buckets, b)
		}
	}
	if err := s.verifyFigures(ctx, o, sums, report); err != nil {
		return err
	}
	return s.verifyRefusals(ctx, o, sums, report)
}

// verifyPayments compares what payments were counted for with their rows, and
// adds the former up.
func (s *Service) verifyPayments(ctx context.Context, ids []string, sums *tally, report func(Violation)) error {
	stored, err := selectCounted(ctx, s.db, ids)
	if err != nil {
		return err
	}
	now, err := read(ctx, s.db, ids)
	if err != nil {
		return err
	}
	for _, p := range now {
		old, err := decodeFacts(stored[p.row.ID])
		if err != nil {
			return err
		}
		sums.add(p.row, old, 1)
		want, err := p.facts.encode()
		if err != nil {
			return err
		}
		if want == stored[p.row.ID] {
			continue
		}
		waits, err := s.waits(ctx, p.row)
		if err != nil {
			return err
		}
		if !waits {
			report(Violation{p.row.ID, fmt.Sprintf("it is counted as %s, but its rows say %s", stored[p.row.ID], want)})
		}
	}
	return nil
}

// waits reports whether an event of the payment or its refunds is still to be
// counted.
func (s *Service) waits(ctx context.Context, p paymentRow) (bool, error) {
	objects, err := selectRefundIDs(ctx, s.db, p.MerchantID, p.ID)
	if err != nil {
		return false, err
	}
	cursor, err := s.events.Cursor(ctx, consumer)
	if err != nil {
		return false, err
	}
	return s.events.Pending(ctx, p.MerchantID, cursor, append(objects, p.ID)...)
}

func (s *Service) verifyFigures(ctx context.Context, o Scope, sums *tally, report func(Violation)) error {
	found, err := selectFigures(ctx, s.db, o)
	if err != nil {
		return err
	}
	for _, f := range found {
		b := bucket{o.MerchantID, o.Mode, f.Span, f.Start, f.Channel, f.AccountID, f.Method}
		if want := sums.buckets[b]; want != f.Counts {
			report(Violation{place(o, f.Span, f.Start, f.AccountID+" "+f.Method), fmt.Sprintf("the figures are %+v, but the payments make %+v", f.Counts, want)})
		}
		delete(sums.buckets, b)
	}
	for b, want := range sums.buckets {
		if want != (Counts{}) {
			report(Violation{place(o, b.Span, b.Start, b.Account+" "+b.Method), fmt.Sprintf("there are no figures, but the payments make %+v", want)})
		}
	}
	return nil
}

func (s *Service) verifyRefusals(ctx context.Context, o Scope, sums *tally, report func(Violation)) error {
	found, err := selectAllRefusals(ctx, s.db, o)
	if err != nil {
		return err
	}
	for _, f := range found {
		b := errorBucket{o.MerchantID, o.Mode, f.Span, f.Start, f.Channel, f.Code}
		if want := sums.errors[b]; want != f.Count {
			report(Violation{place(o, f.Span, f.Start, string(f.Channel)+" "+f.Code), fmt.Sprintf("%d refusals are counted, but the attempts make %d", f.Count, want)})
		}
		delete(sums.errors, b)
	}
	for b, want := range sums.errors {
		if want != 0 {
			report(Violation{place(o, b.Span, b.Start, string(b.Channel)+" "+b.Code), fmt.Sprintf("no refusal is counted, but the attempts make %d", want)})
		}
	}
	return nil
}

func place(o Scope, span Span, start app.Millis, what string) string {
	return fmt.Sprintf("%s %s, %s of %s, %s", cmp.Or(o.MerchantID, "platform"), o.Mode, span, start.Time().In(app.Beijing).Format("2006-01-02 15:04"), what)
}
