package trade

import (
	"strconv"

	"github.com/piaohao/piaohao/app"
)

// spoiledRows puts the faults into a bill's rows.
type spoiledRows struct {
	changes map[string]change
	extra   []BillRow // still to come
	guise   Guise
	day     app.Day
}

// Row passes a true row on as the faults have it, after what is made up and
// earlier.
func (s *spoiledRows) Row(r BillRow, yield func(BillRow) error) error {
	for len(s.extra) > 0 && s.extra[0].At < r.At {
		if err := yield(s.guise.on(s.extra[0], s.day)); err != nil {
			return err
		}
		s.extra = s.extra[1:]
	}
	c := s.changes[r.key()]
	if c.missing {
		return nil
	}
	rows := c.rows(r)
	for range 1 + c.copies {
		for _, changed := range rows {
			if err := yield(s.guise.on(changed, s.day)); err != nil {
				return err
			}
		}
	}
	return nil
}

// End passes on what is made up and comes last.
func (s *spoiledRows) End(yield func(BillRow) error) error {
	for _, r := range s.extra {
		if err := yield(s.guise.on(r, s.day)); err != nil {
			return err
		}
	}
	return nil
}

// spoiledMovements puts the faults into the movements of a balance. What the
// channel believes of rows moves the balance; the faults of the funds' bill do
// not, so its balances contradict it.
type spoiledMovements struct {
	changes map[string]change
	extra   []BillRow // still to come
	dropped map[string]bool
	off     map[string]app.Money // by movement
	rate    app.Rate
	shift   app.Money // of the balance so far
	last    app.Money // the balance as it was written last
}

// Movement passes a true movement on as the faults have it.
func (s *spoiledMovements) Movement(m Movement, yield func(Movement) error) error {
	truth := m.Balance
	for len(s.extra) > 0 && s.extra[0].At < m.At {
		if err := s.book(s.extra[0], yield); err != nil {
			return err
		}
		s.extra = s.extra[1:]
	}
	c, wrong := s.changes[m.rowKey()]
	if !wrong || m.Kind == MoveReturn || m.Kind == MoveFeeAgain {
		return s.pass(m, truth, yield)
	}
	amounts := s.changed(m, c)
	s.shift -= m.Amount
	for i, amount := range amounts {
		if amount.value == 0 {
			continue
		}
		copied := m
		copied.Kind, copied.Amount = amount.kind, amount.value
		if i > 0 {
			copied.FlowNo = flowNo(amount.kind, m.rowKey()+strconv.Itoa(i), m.At)
		}
		s.shift += amount.value
		if err := s.pass(copied, truth, yield); err != nil {
			return err
		}
	}
	return nil
}

// booking is one movement of those that a changed row makes.
type booking struct {
	kind  MovementKind
	value app.Money
}

// changed is what comes in the place of a true movement: nothing for a missing
// row, several for one that is there several times. A fee that is not booked at
// the true amount, for it is below half a fen, is booked with the money.
func (s *spoiledMovements) changed(m Movement, c change) []booking {
	if c.missing {
		return nil
	}
	gross, feeKind, sign := m.Trade.Amount, MoveFee, app.Money(1)
	if m.Refund.ID != "" {
		gross, feeKind, sign = m.Refund.Amount, MoveFeeBack, -1
	}
	fee := booking{feeKind, -sign * c.feeOf(gross, s.rate)}
	var once []booking
	if m.Kind == feeKind {
		once = []booking{fee}
	} else {
		once = []booking{{m.Kind, sign * (gross + c.amount)}}
		if s.rate.Fee(gross) == 0 {
			once = append(once, fee)
		}
		if c.revoked && m.Kind == MovePayment {
			once = append(once, booking{MoveRefund, -gross - c.amount}, booking{MoveFeeBack, c.feeOf(gross, s.rate)})
		}
	}
	all := once
	for range c.copies {
		all = append(all, once...)
	}
	return all
}

// pass writes a movement down, unless the funds' bill is to lack it.
func (s *spoiledMovements) pass(m Movement, truth app.Money, yield func(Movement) error) error {
	m.Balance = truth + s.shift
	s.last = m.Balance
	if s.dropped[m.key()] {
		return nil
	}
	if off := s.off[m.key()]; m.Amount < 0 {
		m.Amount -= off
	} else {
		m.Amount += off
	}
	return yield(m)
}

// book writes down what a row that is made up does to the balance.
func (s *spoiledMovements) book(r BillRow, yield func(Movement) error) error {
	for _, b := range []booking{{MovePayment, r.Amount}, {MoveFee, -r.Fee}} {
		if b.value == 0 {
			continue
		}
		s.shift += b.value
		s.last += b.value
		if err := yield(Movement{
			Kind: b.kind, At: r.At, FlowNo: flowNo(b.kind, r.key(), r.At), Amount: b.value, Balance: s.last, Trade: r.Trade,
		}); err != nil {
			return err
		}
	}
	return nil
}

// End passes on what is made up and comes last.
func (s *spoiledMovements) End(yield func(Movement) error) error {
	for _, r := range s.extra {
		if err := s.book(r, yield); err != nil {
			return err
		}
	}
	return nil
}
