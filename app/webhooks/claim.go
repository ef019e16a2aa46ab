package webhooks

import (
	"context"
	"fmt"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// job is a claimed delivery with all that sending it takes.
type job struct {
	delivery Delivery
	endpoint Endpoint
	keys     []signingKey
	body     string
}

// claim leases due deliveries to this server, as many as there are slots for,
// taking turns between merchants and between endpoints. The slots of what it
// returns are taken. Of the servers that want the same delivery one gets it; a
// lease that runs out, since its server died, makes the delivery due again.
func (s *Service) claim(ctx context.Context) ([]job, error) {
	if s.slots.room() == 0 {
		return nil, nil
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, err
	}
	due, err := s.candidates(ctx, now)
	if err != nil || len(due) == 0 {
		return nil, err
	}
	endpoints, err := s.endpointsOf(ctx, due)
	if err != nil {
		return nil, err
	}
	picked, taken := s.pick(due, endpoints)
	won, err := s.lease(ctx, picked, now)
	if err != nil {
		s.giveBack(taken, nil)
		return nil, err
	}
	s.giveBack(taken, won)
	jobs, err := s.prepare(ctx, won, endpoints, now)
	if err != nil {
		for _, d := range won {
			s.slots.free(d.MerchantID, d.EndpointID)
		}
		return nil, err
	}
	return jobs, nil
}

func (s *Service) endpointsOf(ctx context.Context, due []candidate) (map[string]Endpoint, error) {
	ids := map[string]bool{}
	for _, c := range due {
		ids[c.EndpointID] = true
	}
	list := make([]string, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	found, err := selectEndpointsByID(ctx, s.db, list)
	if err != nil {
		return nil, fmt.Errorf("read endpoints: %w", err)
	}
	out := make(map[string]Endpoint, len(found))
	for _, c := range due { // one whose row is gone counts as deleted
		out[c.EndpointID] = Endpoint{ID: c.EndpointID, MerchantID: c.MerchantID, Status: deleted}
	}
	for _, e := range found {
		out[e.ID] = e
	}
	return out, nil
}

// lease claims the deliveries for this pass and returns those it won.
func (s *Service) lease(ctx context.Context, ids []string, now app.Millis) ([]Delivery, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	claim := app.NewID("clm_", now.Time())
	var won []Delivery
	err := s.db.InTx(ctx, func(tx *db.Tx) error {
		won = nil
		n, err := leaseDue(ctx, tx, ids, claim, now, now.Add(s.leaseTime()))
		if err != nil || n == 0 {
			return err
		}
		won, err = selectLeased(ctx, tx, ids, claim)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lease deliveries: %w", err)
	}
	return won, nil
}

// leaseTime outlasts an attempt, its marking and a pause in between.
func (s *Service) leaseTime() time.Duration { return s.cfg.Timeout + 45*time.Second }

// giveBack frees the slots of what was not won.
func (s *Service) giveBack(taken map[string]candidate, won []Delivery) {
	for _, d := range won {
		delete(taken, d.ID)
	}
	for _, c := range taken {
		s.slots.free(c.MerchantID, c.EndpointID)
	}
}

// prepare gathers payloads and keys for the leased deliveries.
func (s *Service) prepare(ctx context.Context, won []Delivery, endpoints map[string]Endpoint, now app.Millis) ([]job, error) {
	if len(won) == 0 {
		return nil, nil
	}
	var eventIDs, endpointIDs []string
	for _, d := range won {
		eventIDs = append(eventIDs, d.EventID)
		endpointIDs = append(endpointIDs, d.EndpointID)
	}
	bodies, err := s.events.Payloads(ctx, eventIDs)
	if err != nil {
		return nil, err
	}
	keys, err := s.keysOf(ctx, endpointIDs, now)
	if err != nil {
		return nil, err
	}
	jobs := make([]job, len(won))
	for i, d := range won {
		jobs[i] = job{delivery: d, endpoint: endpoints[d.EndpointID], keys: keys[d.EndpointID], body: bodies[d.EventID]}
	}
	return jobs, nil
}

// keysOf opens the signing keys of the endpoints, newest first. One that does
// not open leaves its endpoint without keys: its deliveries fail, visibly.
func (s *Service) keysOf(ctx context.Context, endpointIDs []string, now app.Millis) (map[string][]signingKey, error) {
	rows, err := selectSecrets(ctx, s.db, endpointIDs, now)
	if err != nil {
		return nil, fmt.Errorf("read secrets: %w", err)
	}
	out := map[string][]signingKey{}
	broken := map[string]bool{}
	for _, row := range rows {
		key, err := s.sealer.Open(row.Sealed, row.MerchantID, row.ID)
		if err != nil {
			broken[row.EndpointID] = true
			continue
		}
		out[row.EndpointID] = append(out[row.EndpointID], signingKey{row.Scheme, key})
	}
	for id := range broken {
		delete(out, id)
	}
	return out, nil
}
