package audit

import (
	"context"

	"github.com/piaohao/piaohao/app"
)

// Actor is who did it, and from where. Kind is "user", "key" (an API key, whose
// id is ID) or "system" (the program itself, or someone at its command line).
// Session is the console session of a user. Agent is what the client calls
// itself; it is the context's where it is left out.
type Actor struct{ Kind, ID, Name, IP, Session, Agent string }

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

// cameBy fills in from where the actor came: what the entry does not say is as
// the context says of the same actor.
func (a Actor) cameBy(ctx context.Context) Actor {
	at := ActorFrom(ctx)
	if a == (Actor{}) {
		a = at
	}
	if a == (Actor{}) {
		a = System("piaohao")
	}
	if a.Kind == at.Kind && a.ID == at.ID && a.Session == "" {
		a.Session = at.Session
	}
	if a.Agent == "" {
		a.Agent = app.UserAgent(ctx)
	}
	return a
}
