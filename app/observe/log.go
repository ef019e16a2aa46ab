// Package observe is how the program is watched: structured logs that hold no
// secret and no personal data, Prometheus metrics with bounded labels, and the
// readiness checks behind /readyz.
package observe

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/piaohao/piaohao/app"
)

// NewLogger returns a logger that writes records at level (debug, info, warn,
// error) and above to w, as "json" or "text". Every record carries the request
// id of its context, and everything in it passes through the mask.
func NewLogger(w io.Writer, level, format string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, fmt.Errorf("log level %q: %w", level, err)
	}
	opts := &slog.HandlerOptions{Level: l}
	switch format {
	case "json":
		return slog.New(NewHandler(slog.NewJSONHandler(w, opts))), nil
	case "text":
		return slog.New(NewHandler(slog.NewTextHandler(w, opts))), nil
	}
	return nil, fmt.Errorf("log format %q: want json or text", format)
}

// handler masks what passes through it and adds the request id.
type handler struct{ next slog.Handler }

// NewHandler puts the mask and the request id in front of next.
func NewHandler(next slog.Handler) slog.Handler { return handler{next} }

// Enabled asks the handler behind.
func (h handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle masks the record and passes it on.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	masked := slog.NewRecord(r.Time, r.Level, Mask(r.Message), r.PC)
	if id := app.RequestID(ctx); id != "" {
		masked.AddAttrs(slog.String("request_id", id))
	}
	r.Attrs(func(a slog.Attr) bool {
		masked.AddAttrs(maskAttr(a))
		return true
	})
	return h.next.Handle(ctx, masked)
}

// WithAttrs masks attributes once, when a logger is derived.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i] = maskAttr(a)
	}
	return handler{h.next.WithAttrs(masked)}
}

// WithGroup opens a group.
func (h handler) WithGroup(name string) slog.Handler { return handler{h.next.WithGroup(name)} }
