package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// receiver is the merchant's webhook endpoint. It records which webhook-ids
// came for each fact.
type receiver struct {
	url     string
	arrived func() // called as a message arrives, before it is answered

	mu   sync.Mutex
	seen map[fact]map[string]int // webhook-id: how often it came
}

// fact is an event by what it says.
type fact struct{ kind, payment string }

func newReceiver(t *testing.T) *receiver {
	r := &receiver{seen: map[fact]map[string]int{}, arrived: func() {}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL + "/hook"
	return r
}

// ServeHTTP takes one delivery.
func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	text, err := io.ReadAll(req.Body)
	var body struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if err == nil {
		err = json.Unmarshal(text, &body)
	}
	id := req.Header.Get("webhook-id")
	if err != nil || id != body.ID {
		http.Error(w, "not an event", http.StatusBadRequest)
		return
	}
	r.arrived()
	r.mu.Lock()
	defer r.mu.Unlock()
	f := fact{body.Type, body.Data.ID}
	if r.seen[f] == nil {
		r.seen[f] = map[string]int{}
	}
	r.seen[f][id]++
}

// ids returns how many webhook-ids a fact came under.
func (r *receiver) ids(kind, payment string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seen[fact{kind, payment}])
}

// repeats returns how many messages came more than once, and all of them.
func (r *receiver) repeats() (again, all int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ids := range r.seen {
		for _, n := range ids {
			again += n - 1
			all += n
		}
	}
	return again, all
}
