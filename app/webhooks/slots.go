package webhooks

import "sync"

// slots counts attempts under way on this server, so that neither one endpoint
// nor one merchant can take them all.
type slots struct {
	cfg Config

	mu         sync.Mutex
	total      int
	byEndpoint map[string]int
	byMerchant map[string]int
	limits     map[string]int // of the endpoints in byEndpoint
	freed      chan struct{}
}

func newSlots(cfg Config) *slots {
	return &slots{cfg: cfg, byEndpoint: map[string]int{}, byMerchant: map[string]int{}, limits: map[string]int{}, freed: make(chan struct{}, 1)}
}

// take reserves a slot for an attempt at e. An endpoint that is failing gets
// one, to find out when it is back, not the whole of its share.
func (s *slots) take(e Endpoint) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byEndpoint[e.ID] > 0 {
		s.limits[e.ID] = s.limit(e) // it may have changed since
	}
	if s.total >= s.cfg.InFlight || s.byMerchant[e.MerchantID] >= s.cfg.PerMerchant || s.byEndpoint[e.ID] >= s.limit(e) {
		return false
	}
	s.limits[e.ID] = s.limit(e)
	s.total++
	s.byMerchant[e.MerchantID]++
	s.byEndpoint[e.ID]++
	return true
}

func (s *slots) limit(e Endpoint) int {
	if e.FailingSince > 0 {
		return 1
	}
	return s.cfg.PerEndpoint
}

// free gives the slot back.
func (s *slots) free(merchantID, endpointID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total--
	drop(s.byMerchant, merchantID)
	drop(s.byEndpoint, endpointID)
	if s.byEndpoint[endpointID] == 0 {
		delete(s.limits, endpointID)
	}
	select {
	case s.freed <- struct{}{}:
	default:
	}
}

func drop(m map[string]int, key string) {
	if m[key]--; m[key] <= 0 {
		delete(m, key)
	}
}

// room returns how many attempts may begin.
func (s *slots) room() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg.InFlight - s.total
}

// busy lists the endpoints that have no slot left.
func (s *slots) busy() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for id, n := range s.byEndpoint {
		if n >= s.limits[id] {
			out = append(out, id)
		}
	}
	return out
}
