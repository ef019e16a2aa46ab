package audit

import "context"

// Actor is who did it. Kind is "user", "key" (an API key) or "system" (the
// program itself, or someone at its command line).
type Actor struct{ Kind, ID, Name, IP string }

// The kinds of actors.
const (
	KindUser   = "user"
	KindKey    = "key"
	KindSystem = "system"
)

// System is the program acting by itself or from its command line; name says
// which part, such as "demo" or "command line".
func System(name string) Actor { return Actor{Kind: KindSystem, Name: name} }

type actorKey struct{}

// WithActor returns a context whose audit rows name a.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the context's actor, and the zero Actor when it has none:
// services that decide by the actor refuse that one.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
