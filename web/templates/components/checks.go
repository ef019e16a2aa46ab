package components

import (
	"context"

	"github.com/piaohao/piaohao/web/i18n"
)

// Check is one finding about a credential: the code of channel.Check, or one
// of the live test call's: probe.passed, probe.refused (code, message),
// probe.signature, probe.unreachable.
type Check struct {
	Code   string
	Field  string
	Status string // passed, failed, warning
	Args   map[string]string
}

// Title says what was found. A code without a sentence is shown as it is, so a
// new check is never silent.
func (c Check) Title(ctx context.Context) string {
	key := "check." + c.Code
	if !i18n.Has(ctx, key) {
		return i18n.T(ctx, "check_state."+c.Status, "code", c.Code)
	}
	return i18n.T(ctx, key, c.arguments(ctx)...)
}

// Fix says what to do about it; empty when there is nothing to do.
func (c Check) Fix(ctx context.Context) string {
	key := "check_fix." + c.Code
	if !i18n.Has(ctx, key) {
		return ""
	}
	return i18n.T(ctx, key, c.arguments(ctx)...)
}

// arguments fill the sentences; file is the field's own name.
func (c Check) arguments(ctx context.Context) []any {
	args := make([]any, 0, 2*len(c.Args)+2)
	if key := "credential_field." + c.Field; i18n.Has(ctx, key) {
		args = append(args, "file", i18n.T(ctx, key))
	}
	return append(args, CheckArguments(ctx, c.Args)...)
}

// CheckArguments are the arguments of a finding's sentences, each in the words it
// is read in.
func CheckArguments(ctx context.Context, values map[string]string) []any {
	args := make([]any, 0, 2*len(values))
	for name, value := range values {
		args = append(args, name, argument(ctx, name, value))
	}
	return args
}

// Failed reports whether any check failed.
func Failed(checks []Check) bool {
	for _, c := range checks {
		if c.Status == "failed" {
			return true
		}
	}
	return false
}
