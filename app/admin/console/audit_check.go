package console

import (
	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/audit"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// verifyAudit walks the chain now, keeps what it found, and shows it above the
// list as it was filtered.
func (c *Console) verifyAudit(r *request) error {
	place := r.auditPlace()
	back := place.list + r.querySuffix()
	begun, err := c.chainBegun(r, place.chain)
	if err != nil {
		return err
	}
	if !begun {
		return c.done(r, back, "")
	}
	check, err := c.Audit.CheckChain(r.ctx, place.chain)
	if err != nil {
		return err
	}
	if len(check.Problems) > 0 { // nothing to announce as done
		return c.done(r, back, "")
	}
	return c.done(r, back, "chain_checked")
}

// chainBegun reports whether a chain has rows or a head, or must have had some:
// where anybody holds a role, giving it was recorded.
func (c *Console) chainBegun(r *request, chain string) (bool, error) {
	head, err := c.Audit.Head(r.ctx, chain)
	if err != nil || head.Seq > 0 {
		return true, err
	}
	page, err := c.Audit.List(r.ctx, audit.Filter{Chain: chain, Limit: 1})
	if err != nil || len(page.Rows) > 0 {
		return true, err
	}
	people, err := c.members(r, chain)
	return len(people) > 0, err
}

// lastCheck is what the last check of the chain found; nil when there was none.
func (c *Console) lastCheck(r *request, chain string) (*pages.ChainCheck, error) {
	check, err := c.Audit.LastCheck(r.ctx, chain)
	if app.Is(err, app.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &pages.ChainCheck{
		At: check.At, Through: check.Through, Rows: check.Rows, Head: check.Head, More: len(check.Problems) >= 100,
		Person: check.By != "", Job: check.By == "" && check.Name == audit.Job, Name: check.Name,
	}
	for _, p := range check.Problems {
		out.Problems = append(out.Problems, pages.AuditProblem{Seq: p.Seq, RowID: p.RowID, Fault: string(p.Fault)})
	}
	return out, nil
}
