package templates

import (
	"testing"

	"github.com/piaohao/piaohao/app"
)

func TestIDsCannotLeaveTheirSegment(t *testing.T) {
	s := Scope{Merchant: "mch_1", Mode: app.Test}
	if got := s.Payment("../x?y"); got != "/console/m/mch_1/test/payments/..%2Fx%3Fy" {
		t.Errorf("Payment = %s", got)
	}
}

func TestWithKeepsTheOtherParameters(t *testing.T) {
	for _, c := range []struct{ path, name, value, want string }{
		{"/l?a=1&cursor=x", "cursor", "", "/l?a=1"},
		{"/l?a=1", "cursor", "y z", "/l?a=1&cursor=y+z"},
		{"/l?a=1", "a", "2", "/l?a=2"},
		{"/l?a=1", "a", "", "/l"},
	} {
		if got := With(c.path, c.name, c.value); got != c.want {
			t.Errorf("With(%s, %s, %s) = %s, want %s", c.path, c.name, c.value, got, c.want)
		}
	}
}

func TestSignInRemembersWhereTo(t *testing.T) {
	if got := SignInTo("/console/m/a/test/payments?q=1"); got != "/console/sign-in?next=%2Fconsole%2Fm%2Fa%2Ftest%2Fpayments%3Fq%3D1" {
		t.Errorf("SignInTo = %s", got)
	}
	if got := SignInTo(""); got != SignIn {
		t.Errorf("SignInTo(empty) = %s", got)
	}
}
