package exceptions_test

import (
	"testing"

	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/app/reconcile/exceptions"
)

func (r *room) violations() []string {
	r.t.Helper()
	var out []string
	if err := r.Verify(r.t.Context(), func(v payments.Violation) { out = append(out, v.Invariant+" "+v.Object) }); err != nil {
		r.t.Fatal(err)
	}
	return out
}

func TestVerificationNamesWhatDoesNotAgree(t *testing.T) {
	each(t, func(r *room) {
		findings := []exceptions.Finding{missing("att_A", 1000), missing("att_B", 2000), missing("att_C", 3000)}
		r.file(run, findings...)
		r.decide(r.propose(r.only("att_A"), exceptions.Proposal{Resolution: exceptions.WriteOff, Amount: 10}), true)
		r.propose(r.only("att_B"), exceptions.Proposal{Resolution: exceptions.Ignore})
		r.file(run, findings...)
		if found := r.violations(); len(found) != 0 {
			r.t.Fatalf("of sound books: %v", found)
		}
		unfiled, err := r.Unfiled(r.t.Context(), run, append(findings, foreign("wx9", 1)))
		if err != nil || len(unfiled) != 1 || unfiled[0].Number != "wx9" {
			r.t.Errorf("not filed: %+v, %v", unfiled, err)
		}
		for name, c := range map[string]struct{ spoil, mend, want string }{
			"a booking of another amount": {`UPDATE exception_adjustments SET amount = amount + 1 WHERE kind = 'claim'`, `UPDATE exception_adjustments SET amount = amount - 1 WHERE kind = 'claim'`, "I10 " + r.only("att_A").ID},
			"a proposal nobody decides":   {`UPDATE approvals SET status = 'withdrawn' WHERE status = 'pending'`, `UPDATE approvals SET status = 'pending' WHERE status = 'withdrawn'`, "I5 " + r.only("att_B").ID},
			"a resolution by itself":      {`UPDATE exceptions SET status = 'resolved', resolution = 'ignore' WHERE number = 'att_C'`, `UPDATE exceptions SET status = 'open', resolution = '' WHERE number = 'att_C'`, "I5 " + r.only("att_C").ID},
		} {
			if _, err := r.d.Exec(r.t.Context(), c.spoil); err != nil {
				r.t.Fatal(err)
			}
			if found := r.violations(); len(found) != 1 || found[0] != c.want {
				r.t.Errorf("%s: %v, want %s", name, found, c.want)
			}
			if _, err := r.d.Exec(r.t.Context(), c.mend); err != nil {
				r.t.Fatal(err)
			}
		}
	})
}
