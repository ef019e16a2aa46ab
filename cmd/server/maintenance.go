package main

import (
	"context"
	"errors"
)

// logAuditHeads publishes the chains' heads to the log, which is kept outside of
// the database: whoever rewrites both a chain and its head is still found out.
func (p *platform) logAuditHeads(ctx context.Context) error {
	heads, err := p.audit.Heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		p.logger.InfoContext(ctx, "audit head", "chain", h.Chain, "seq", h.Seq, "hash", h.Hash)
	}
	return nil
}

// forgetSessions deletes what ended long ago.
func (p *platform) forgetSessions(ctx context.Context) error {
	return errors.Join(p.access.Purge(ctx), p.logins.Passkeys.Purge(ctx), p.logins.SSO.Purge(ctx))
}
