package console

import "github.com/piaohao/piaohao/app"

// setFactorRule makes a second factor the rule for everyone here, or ends the
// rule.
func (c *Console) setFactorRule(r *request) error {
	required := r.field("required")
	if required != "yes" && required != "no" {
		return app.InvalidField("required", "unsupported", "required must be yes or no")
	}
	if err := c.Admin.RequireSecondFactor(r.ctx, r.merchant.ID, required == "yes"); err != nil {
		return err
	}
	if required == "yes" {
		return c.done(r, r.to().Settings(), "second_factor_on")
	}
	return c.done(r, r.to().Settings(), "second_factor_off")
}
