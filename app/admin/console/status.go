package console

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// statusOf maps an error to the status of its answer and the kind of its page.
func statusOf(err error) (status int, kind string) {
	var e *app.Error
	if errors.As(err, &e) && e.Reason == reasonForm {
		return http.StatusForbidden, "csrf"
	}
	switch app.CodeOf(err) {
	case app.Invalid:
		return http.StatusUnprocessableEntity, "invalid"
	case app.Unauthenticated:
		return http.StatusUnauthorized, "forbidden"
	case app.Forbidden:
		return http.StatusForbidden, "forbidden"
	case app.NotFound:
		return http.StatusNotFound, "not_found"
	case app.Conflict, app.Declined:
		return http.StatusConflict, "conflict"
	case app.RateLimited:
		return http.StatusTooManyRequests, "rate_limited"
	case app.Unavailable, app.OutcomeUnknown:
		return http.StatusServiceUnavailable, "unavailable"
	}
	return http.StatusInternalServerError, "internal"
}

// fail answers an error with its page. It never shows an error's own words,
// which can hold more than the reader may know.
func (c *Console) fail(r *request, err error) error {
	var e *app.Error
	if errors.As(err, &e) && (e.Reason == reasonSignedOut || e.Reason == reasonPassword || e.Reason == reasonFactor || e.Reason == reasonEnrol) {
		return c.redirectFirst(r, e.Reason)
	}
	if errors.As(err, &e) && (e.Reason == reasonFresh || givesProof(r.form) && r.user.ID != "" && r.route.Place != Joining && refusesProof(e)) {
		return c.askFresh(r, err)
	}
	if errors.As(err, &e) && e.Reason == reasonView {
		return c.askReason(r)
	}
	status, kind := statusOf(err)
	if status >= http.StatusInternalServerError {
		c.Logger.ErrorContext(r.ctx, "console request failed", "method", r.Method(), "route", r.route.Path, "error", err)
	}
	if kind == "not_found" {
		// A missing page must look the same wherever it is missing from.
		r.merchant.ID, r.merchant.Name, r.mode = "", "", ""
	}
	s, shellErr := c.shell(r, layout.NavNone)
	if shellErr != nil {
		c.Logger.ErrorContext(r.ctx, "console page failed", "route", r.route.Path, "error", shellErr)
	}
	view := pages.Failure{Shell: s, Kind: kind, RequestID: app.RequestID(r.ctx), Message: c.explain(r, e)}
	return c.render(r, status, pages.FailurePage(view))
}

// explain is a sentence about this error: which role would help, or what its
// reason means; "" where the page's general sentence says enough.
func (c *Console) explain(r *request, e *app.Error) string {
	if e == nil {
		return ""
	}
	if e.Reason == reasonRole {
		return r.t("failure.roles", "roles", c.helpfulRoles(r))
	}
	if key := "reason." + e.Reason; e.Reason != "" && r.words.Has(key) {
		sentence := r.t(key)
		if e.Channel != nil {
			sentence += " " + strings.TrimSpace(e.Channel.Code+" "+e.Channel.Message)
		}
		return sentence
	}
	return ""
}

// helpfulRoles names the roles that have the route's permission.
func (c *Console) helpfulRoles(r *request) string {
	place := access.InMerchant
	if r.route.Place == OnPlatform {
		place = access.OnPlatform
	}
	var names []string
	for _, row := range access.Matrix() {
		if row.Where != place || row.Object != r.route.Object || row.Action != r.route.Action {
			continue
		}
		for _, role := range row.Roles {
			if name := r.t("role." + string(role)); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return strings.Join(names, r.t("list.comma"))
}
