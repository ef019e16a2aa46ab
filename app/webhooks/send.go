package webhooks

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/safedial"
)

const (
	userAgent  = "Piaohao-Webhooks/1.0"
	notEnabled = "the endpoint is no longer enabled"
	maxExcerpt = 4 << 10
	maxError   = 500
)

// result is what came of one attempt.
type result struct {
	job        job
	attempt    Attempt
	retryAfter time.Duration
	released   bool // cut short by shutdown: counts for nothing, due at once
	unsent     bool // nothing reached the receiver, so it says nothing about it
	hopeless   bool // trying again cannot help
}

func (r result) succeeded() bool { return r.attempt.Code >= 200 && r.attempt.Code < 300 }

// attempt sends the job once. It returns the result whatever happens.
func (s *Service) attempt(ctx context.Context, j job) result {
	r := result{job: j, attempt: Attempt{DeliveryID: j.delivery.ID, N: j.delivery.Attempts, MerchantID: j.delivery.MerchantID, RequestHeaders: "{}"}}
	at := s.clock.Now()
	r.attempt.StartedAt = app.ToMillis(at)
	if r.attempt.Error, r.hopeless = j.refuse(); r.attempt.Error != "" {
		r.unsent = true
		return r
	}
	start := time.Now()
	req, err := s.request(ctx, j, at)
	if err == nil {
		r.attempt.RequestHeaders = headersJSON(req.Header)
		err = s.exchange(req, &r)
	}
	took := time.Since(start)
	r.attempt.DurationMS = took.Milliseconds()
	if err != nil {
		r.attempt.Error = explain(err)
		r.released = ctx.Err() != nil
	}
	if !r.released {
		s.cfg.Observer.Delivered(j.delivery.MerchantID, int(r.attempt.Code), took)
	}
	return r
}

// refuse says why the job cannot be sent, "" when it can, and whether that is
// for good. A secret that does not open may open on another server, or once
// this one has the keyset's new key.
func (j job) refuse() (why string, hopeless bool) {
	switch {
	case j.endpoint.Status != Enabled:
		return notEnabled, true
	case j.body == "":
		return "the event does not exist any more", true
	case len(j.keys) == 0:
		return "the endpoint's signing secret cannot be opened here", false
	}
	return "", false
}

func (s *Service) request(ctx context.Context, j job, at time.Time) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, j.endpoint.URL, strings.NewReader(j.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Webhook-Id", j.delivery.EventID)
	req.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("Webhook-Signature", sign(j.keys, j.delivery.EventID, at, j.body))
	return req, nil
}

func (s *Service) exchange(req *http.Request, r *result) error {
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	r.attempt.Code = int64(res.StatusCode)
	// The status decides; a body that breaks off or never ends does not.
	excerpt, _ := io.ReadAll(io.LimitReader(res.Body, maxExcerpt))
	r.attempt.Response = strings.ToValidUTF8(string(excerpt), "\uFFFD")
	switch {
	case r.succeeded():
		// Read to the end, up to the client's cap, so the connection is reused.
		_, _ = io.Copy(io.Discard, res.Body)
	case res.StatusCode >= 300 && res.StatusCode < 400:
		r.attempt.Error = "the receiver redirects, which is not followed: enter the final URL"
	default:
		r.attempt.Error = "the receiver answered " + strconv.Itoa(res.StatusCode)
		r.retryAfter = retryAfter(res.Header.Get("Retry-After"), s.clock.Now())
	}
	return nil
}

// retryAfter reads the header's seconds or date (RFC 9110, 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	var d time.Duration
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		d = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = at.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}

// explain says in the merchant's terms what went wrong. A refused address is
// not named: that would turn an endpoint into a probe of our own network.
func explain(err error) string {
	if errors.Is(err, safedial.ErrRefused) {
		return "refused: the address is not on the public internet"
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "the receiver did not answer in time"
	}
	var in *url.Error
	if errors.As(err, &in) {
		err = in.Err
	}
	text := []rune(strings.ToValidUTF8(err.Error(), "\uFFFD"))
	return string(text[:min(len(text), maxError)])
}

func headersJSON(h http.Header) string {
	flat := make(map[string]string, len(h))
	for name := range h {
		flat[strings.ToLower(name)] = h.Get(name)
	}
	b, err := json.Marshal(flat)
	if err != nil {
		return "{}" // strings always encode
	}
	return string(b)
}
