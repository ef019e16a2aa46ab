package app

import "context"

type (
	requestIDKey struct{}
	clientIPKey  struct{}
	userAgentKey struct{}
)

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

// WithClientIP returns a context that carries the address the request came
// from, trusted proxies taken into account.
func WithClientIP(ctx context.Context, ip string) context.Context {
	return context.WithValue(ctx, clientIPKey{}, ip)
}

// ClientIP returns the address the request came from, "" outside of one.
func ClientIP(ctx context.Context) string {
	ip, _ := ctx.Value(clientIPKey{}).(string)
	return ip
}

// WithUserAgent returns a context that carries what the request's client calls
// itself.
func WithUserAgent(ctx context.Context, agent string) context.Context {
	return context.WithValue(ctx, userAgentKey{}, agent)
}

// UserAgent returns what the request's client calls itself, "" outside of a
// request.
func UserAgent(ctx context.Context) string {
	agent, _ := ctx.Value(userAgentKey{}).(string)
	return agent
}
