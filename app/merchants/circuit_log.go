package merchants

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/piaohao/piaohao/app"
)

// CircuitLog stores what happens to circuits behind the calls they happen in: a
// payment waits for no other row than its own. While the database is away, the
// latest word about each account is kept.
type CircuitLog struct {
	service *Service
	server  string
	logger  *slog.Logger
	noted   chan struct{}

	mu      sync.Mutex
	pending map[string]Circuit
}

// circuitPause is how long to wait for a database that did not take a word.
const circuitPause = time.Second

// NewCircuitLog returns a log for the named server's circuits.
func NewCircuitLog(s *Service, server string, logger *slog.Logger) *CircuitLog {
	return &CircuitLog{service: s, server: server, logger: logger, noted: make(chan struct{}, 1), pending: map[string]Circuit{}}
}

// Note takes a word about an account's circuit. It does not block.
func (l *CircuitLog) Note(accountID string, c Circuit) {
	c.Server = l.server
	l.mu.Lock()
	l.pending[accountID] = c
	l.mu.Unlock()
	select {
	case l.noted <- struct{}{}:
	default:
	}
}

// Run stores what is noted until ctx ends.
func (l *CircuitLog) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.noted:
		}
		for l.flush(ctx) > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(circuitPause):
			}
		}
	}
}

// flush stores everything that is pending and returns how much of it the
// database did not take.
func (l *CircuitLog) flush(ctx context.Context) int {
	l.mu.Lock()
	taken := l.pending
	l.pending = map[string]Circuit{}
	l.mu.Unlock()
	left := 0
	for id, c := range taken {
		err := l.service.RecordCircuit(ctx, id, c)
		if err == nil || app.Is(err, app.NotFound) {
			continue
		}
		l.logger.WarnContext(ctx, "a circuit's state was not stored, trying again", "account_id", id, "error", err)
		left++
		l.mu.Lock()
		if _, newer := l.pending[id]; !newer {
			l.pending[id] = c
		}
		l.mu.Unlock()
	}
	return left
}
