package events

import "sync"

// bell wakes one sleeper; rings while it is awake are remembered as one.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default:
	}
}

// bells is one bell per subscriber.
type bells struct {
	mu   sync.Mutex
	list []bell
}

func (b *bells) add() bell {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := newBell()
	b.list = append(b.list, one)
	return one
}

func (b *bells) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, one := range b.list {
		one.ring()
	}
}
