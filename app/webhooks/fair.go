package webhooks

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/piaohao/piaohao/app"
)

// lookAhead is how many due deliveries are looked at in the order of their due
// times. When there are more, the endpoints are asked one by one instead, so a
// backlog at the front hides nobody behind it.
const lookAhead = 256

// candidate is a due delivery.
type candidate struct {
	ID         string `db:"id"`
	EndpointID string `db:"endpoint_id"`
	MerchantID string `db:"merchant_id"`
}

// candidates returns due deliveries: all of them when they are few, and
// otherwise at most PerEndpoint of each endpoint that has a free slot.
func (s *Service) candidates(ctx context.Context, now app.Millis) ([]candidate, error) {
	due, err := selectDue(ctx, s.db, now, lookAhead)
	if err != nil {
		return nil, fmt.Errorf("look for due deliveries: %w", err)
	}
	if len(due) < lookAhead {
		return due, nil
	}
	behind, err := selectDueEndpoints(ctx, s.db, now, s.slots.busy())
	if err != nil {
		return nil, fmt.Errorf("look for due endpoints: %w", err)
	}
	// In a new order each time: when slots are short, nobody is always last.
	rand.Shuffle(len(behind), func(i, j int) { behind[i], behind[j] = behind[j], behind[i] })
	due = due[:0]
	for _, endpoint := range behind {
		if len(due) >= 2*s.slots.room() {
			break
		}
		some, err := selectDueOf(ctx, s.db, endpoint, now, s.cfg.PerEndpoint)
		if err != nil {
			return nil, fmt.Errorf("look for due deliveries of %s: %w", endpoint, err)
		}
		due = append(due, some...)
	}
	return due, nil
}

// pick takes slots for candidates in turns: the first of every endpoint, then
// the second of every endpoint, and so on, so no backlog goes before another's
// single delivery.
func (s *Service) pick(due []candidate, endpoints map[string]Endpoint) (ids []string, taken map[string]candidate) {
	taken = map[string]candidate{}
	for _, c := range inTurns(due) {
		if s.slots.take(endpoints[c.EndpointID]) {
			ids = append(ids, c.ID)
			taken[c.ID] = c
		}
	}
	// All servers lease in the same order, so their updates queue, not deadlock.
	slices.Sort(ids)
	return ids, taken
}

// inTurns orders candidates by their place in their merchant's and endpoint's
// own queues.
func inTurns(due []candidate) []candidate {
	type ranked struct {
		candidate
		round, merchantRound int
	}
	rounds, merchantRounds := map[string]int{}, map[string]int{}
	out := make([]ranked, len(due))
	for i, c := range due {
		out[i] = ranked{candidate: c, round: rounds[c.EndpointID]}
		rounds[c.EndpointID]++
	}
	slices.SortStableFunc(out, func(a, b ranked) int { return cmp.Compare(a.round, b.round) })
	for i := range out {
		out[i].merchantRound = merchantRounds[out[i].MerchantID]
		merchantRounds[out[i].MerchantID]++
	}
	slices.SortStableFunc(out, func(a, b ranked) int { return cmp.Compare(a.merchantRound, b.merchantRound) })
	flat := make([]candidate, len(out))
	for i, r := range out {
		flat[i] = r.candidate
	}
	return flat
}
