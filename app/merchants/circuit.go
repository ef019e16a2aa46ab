package merchants

import (
	"context"
	"fmt"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// CircuitState is what the guard of an account's calls lets through.
type CircuitState string

// The states. The first three are stored. HalfOpen is what an open circuit is
// from RetryAt on: the next call tries whether the channel answers again.
const (
	CircuitClosed   CircuitState = "closed"
	CircuitOpen     CircuitState = "open"
	CircuitPaused   CircuitState = "paused" // the channel asked for fewer calls
	CircuitHalfOpen CircuitState = "half_open"
)

// Circuit is the last word of any server about an account's calls.
type Circuit struct {
	State   CircuitState
	Since   app.Millis
	RetryAt app.Millis // when calls are tried again; 0 when closed
	Reason  string     // the failure that brought it; "" when closed
	Server  string     // whose word it is
}

// At returns the state at a time: an open circuit is half-open once calls may be
// tried, and a pause that is over holds nothing.
func (c Circuit) At(now app.Millis) CircuitState {
	switch {
	case c.State == CircuitOpen && now >= c.RetryAt:
		return CircuitHalfOpen
	case c.State == CircuitPaused && now >= c.RetryAt:
		return CircuitClosed
	}
	return c.State
}

// Circuits returns the circuits of a merchant's accounts by account; an account
// that is absent never had trouble.
func (s *Service) Circuits(ctx context.Context, merchantID string, mode app.Mode) (map[string]Circuit, error) {
	rows, err := selectCircuits(ctx, s.db, merchantID, mode)
	if err != nil {
		return nil, fmt.Errorf("read the circuits of %s: %w", merchantID, err)
	}
	out := make(map[string]Circuit, len(rows))
	for _, r := range rows {
		out[r.AccountID] = r.circuit()
	}
	return out, nil
}

// RecordCircuit stores a server's word about an account. A circuit that opens or
// closes raises account.circuit_opened or account.circuit_closed in the same
// transaction, once for however many servers see it. Errors: NotFound.
func (s *Service) RecordCircuit(ctx context.Context, accountID string, c Circuit) error {
	before, found, err := selectCircuit(ctx, s.db, accountID)
	if err != nil {
		return fmt.Errorf("record the circuit of %s: %w", accountID, err)
	}
	if c.State == CircuitClosed && (!found || before.State == CircuitClosed) {
		return nil // as it should be
	}
	err = s.db.InTx(ctx, func(tx *db.Tx) error { return s.moveCircuit(ctx, tx, accountID, c) })
	if err != nil {
		return fmt.Errorf("record the circuit of %s: %w", accountID, err)
	}
	return nil
}

func (s *Service) moveCircuit(ctx context.Context, tx *db.Tx, accountID string, c Circuit) error {
	a, err := selectAnyAccount(ctx, tx, accountID)
	if err != nil {
		return err
	}
	before, found, err := selectCircuit(ctx, tx, accountID)
	if err != nil {
		return err
	}
	if !found {
		before = circuitRow{AccountID: a.ID, MerchantID: a.MerchantID, Mode: a.Mode, State: CircuitClosed}
	}
	after := before.with(c)
	if before.State == c.State {
		after.Since = before.Since
	}
	moved, err := saveCircuit(ctx, tx, after, found)
	if err != nil {
		return err
	}
	if !moved {
		return errAccountChanged(accountID) // another server was faster: its word is as good
	}
	switch issue := circuitIssue(a, after); {
	case before.State != CircuitOpen && c.State == CircuitOpen:
		if err := updateFailure(ctx, tx, a, c.Since, shorten(c.Reason, 500)); err != nil {
			return err
		}
		return s.announce(ctx, tx, EventCircuitOpened, a, &issue)
	case before.State == CircuitOpen && c.State != CircuitOpen:
		return s.announce(ctx, tx, EventCircuitClosed, a, nil)
	}
	return nil
}
