package main

import (
	"strings"
	"testing"
)

func TestAFirstAdministratorIsAddedAndTheirSecondFactorReset(t *testing.T) {
	c := newCommandLine(t)
	if code, out := c.run("user", "add", "--email", "admin@example.com"); code != 0 || !strings.Contains(out, "admin@example.com (usr_") {
		t.Fatalf("add: %d %s", code, out)
	}
	if code, out := c.run("user", "reset-factors", "--email", "Admin@example.com"); code != 0 || !strings.Contains(out, "no second factor any more") {
		t.Errorf("reset: %d %s", code, out)
	}
	if code, out := c.run("user", "reset-factors", "--email", "nobody@example.com"); code == 0 || !strings.Contains(out, "no user") {
		t.Errorf("reset of nobody: %d %s", code, out)
	}
	if code, out := c.run("keys", "reseal"); code != 0 || !strings.Contains(out, "0 second factors sealed again") {
		t.Errorf("reseal: %d %s", code, out)
	}
}
