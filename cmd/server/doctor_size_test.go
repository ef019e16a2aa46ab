package main

import "testing"

func TestFreeSpaceIsSaidInItsLargestUnit(t *testing.T) {
	for bytes, want := range map[int64]string{22_211_985_408: "20GiB", 1<<30 - 1: "1023MiB", 300<<20 + 7: "300MiB"} {
		if got := roundSize(bytes).String(); got != want {
			t.Errorf("%d bytes are %s, want %s", bytes, got, want)
		}
	}
}
