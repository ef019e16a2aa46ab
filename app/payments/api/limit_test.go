package api

import (
	"testing"
	"time"
)

func TestEachKeyHasItsOwnLimit(t *testing.T) {
	l := newLimits(10, 5)
	now := time.Now()
	for i := range 5 {
		if !l.allow("a", now) {
			t.Fatalf("request %d of a burst of 5 was refused", i+1)
		}
	}
	if l.allow("a", now) {
		t.Error("the sixth request at once was let through")
	}
	if !l.allow("b", now) {
		t.Error("another key pays for the first")
	}
	if !l.allow("a", now.Add(100*time.Millisecond)) || l.allow("a", now.Add(100*time.Millisecond)) {
		t.Error("a tenth of a second is worth one request")
	}
}

func TestKeysThatAreIdleAreForgotten(t *testing.T) {
	l := newLimits(10, 5)
	now := time.Now()
	for i := range 1000 {
		l.allow(string(rune(i)), now)
	}
	l.allow("late", now.Add(limitIdle+time.Second))
	if len(l.keys) != 1 {
		t.Errorf("%d keys are remembered, want 1", len(l.keys))
	}
}
