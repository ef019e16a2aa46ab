package observe

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestReadyNamesWhatFailedAndLogsWhy(t *testing.T) {
	var log bytes.Buffer
	r := NewReady(time.Second, slog.New(slog.NewJSONHandler(&log, nil)))
	r.Add("database", func(context.Context) error { return nil })
	if got := r.Check(t.Context()); !got.Ready || got.Checks["database"] != "ok" {
		t.Fatalf("got %+v", got)
	}
	r.Add("migrations", func(context.Context) error { return errors.New("two are pending") })
	got := r.Check(t.Context())
	if got.Ready || got.Checks["database"] != "ok" || got.Checks["migrations"] != "failed" {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(log.String(), "two are pending") {
		t.Errorf("the log lacks the reason: %s", log.String())
	}
}

func TestAHangingCheckIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewReady(2*time.Second, slog.New(slog.DiscardHandler))
		r.Add("slow", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		r.Add("slower", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		start := time.Now()
		if got := r.Check(t.Context()); got.Ready || time.Since(start) != 2*time.Second {
			t.Errorf("got %+v after %v", got, time.Since(start))
		}
	})
}

func TestADrainingServerIsNotReady(t *testing.T) {
	r := NewReady(time.Second, slog.New(slog.DiscardHandler))
	r.Add("database", func(context.Context) error { return nil })
	r.Drain()
	if got := r.Check(t.Context()); got.Ready || got.Checks["running"] != "draining" {
		t.Errorf("got %+v", got)
	}
}
