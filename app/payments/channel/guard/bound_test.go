package guard

import (
	"errors"
	"strconv"
	"testing"
)

func TestQuietAccountsAreForgottenAndTroubledOnesKept(t *testing.T) {
	g := New(Settings{Failures: 1})
	troubled := Account{ID: "acct_troubled", Version: 1}
	done, _ := g.record(troubled).enter(false)
	done(errors.New("no answer"))
	for i := range 3 * maxQuiet {
		g.record(Account{ID: "acct_" + strconv.Itoa(i), Version: 1})
	}
	if n := len(g.states); n > maxQuiet {
		t.Errorf("%d accounts are remembered", n)
	}
	if g.Ready(troubled) == nil {
		t.Error("an open circuit was forgotten")
	}
}
