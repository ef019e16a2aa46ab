package app

import "context"

type requestIDKey struct{}

// WithRequestID returns a context that carries the id of the request being
// served, for logs, audit rows and timelines.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request being served, "" outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
