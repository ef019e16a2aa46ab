package pages

import (
	"slices"
	"strings"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// scopeKey is the key of a scope's sentence: colons do not go into keys.
func scopeKey(scope string) string { return "scope." + strings.ReplaceAll(scope, ":", "_") }

// eventKey is the key of an event type's sentence.
func eventKey(eventType string) string {
	return "event." + strings.NewReplacer(".", "_", "*", "all").Replace(eventType)
}
