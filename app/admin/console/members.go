package console

import (
	"slices"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/approvals"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func membersRoutes() []Route {
	const members = scoped + "/members"
	return []Route{
		get(members, InMerchant, access.Members, access.Read, (*Console).membersPage),
		fresh(post(members, InMerchant, access.Members, access.Write, (*Console).inviteMember)),
		get(members+"/new", InMerchant, access.Members, access.Write, (*Console).newMember),
		get(members+"/permissions", InMerchant, access.Members, access.Read, (*Console).permissionsPage),
		get(members+"/:user", InMerchant, access.Members, access.Read, (*Console).memberPage),
		fresh(post(members+"/:user/grant", InMerchant, access.Members, access.Write, (*Console).grantMember)),
		fresh(post(members+"/:user/revoke", InMerchant, access.Members, access.Write, (*Console).revokeMember)),
	}
}

// membersPage lists who works for the merchant.
func (c *Console) membersPage(r *request) error {
	rows, err := c.members(r, r.merchant.ID)
	if err != nil {
		return err
	}
	s, err := c.shell(r, layout.NavMembers)
	if err != nil {
		return err
	}
	view := pages.Members{Shell: s, Rows: rows, Mails: c.Mailer != nil}
	if view.Own, err = c.ownRoles(r); err != nil {
		return err
	}
	if view.Invited, err = c.invitations(r); err != nil {
		return err
	}
	return c.page(r, pages.MembersPage(view))
}

// members are the people of a domain, each once, by email.
func (c *Console) members(r *request, domain string) ([]pages.MemberRow, error) {
	list, err := c.Access.Members(r.ctx, domain)
	if err != nil {
		return nil, err
	}
	own, err := c.Access.CustomRoles(r.ctx, c.DB, domain)
	if err != nil {
		return nil, err
	}
	names := map[access.Role]string{}
	for _, o := range own {
		names[o.Role()] = o.Name
	}
	var rows []pages.MemberRow
	for _, m := range list {
		if n := len(rows); n == 0 || rows[n-1].ID != m.UserID {
			rows = append(rows, pages.MemberRow{
				ID: m.UserID, Name: m.Name, Email: m.Email, Active: m.State == access.Active, LastSignInAt: m.LastSignInAt,
			})
		}
		last := &rows[len(rows)-1]
		switch {
		case !m.Role.Custom():
			last.Roles = append(last.Roles, string(m.Role))
		case names[m.Role] != "":
			last.Custom = append(last.Custom, names[m.Role])
		}
	}
	for _, row := range rows {
		slices.SortFunc(row.Roles, byRole)
	}
	return rows, nil
}

// byRole orders roles as the pages list them.
func byRole(a, b string) int {
	all := pages.AllRoles()
	return slices.Index(all, a) - slices.Index(all, b)
}

func (c *Console) newMember(r *request) error {
	s, err := c.shell(r, layout.NavMembers)
	if err != nil {
		return err
	}
	form := pages.MemberForm{Shell: s, Mails: c.Mailer != nil, Person: pages.PersonForm{Role: string(access.Viewer)}}
	if form.Own, err = c.ownRoles(r); err != nil {
		return err
	}
	return c.page(r, pages.MemberFormPage(form))
}

// inviteMember asks somebody to join. Whether they have a user already, nobody
// learns from the answer.
func (c *Console) inviteMember(r *request) error {
	form := pages.MemberForm{Mails: c.Mailer != nil, Person: personForm(r)}
	own, err := c.ownRoles(r)
	if err != nil {
		return err
	}
	form.Own = own
	i, token, err := c.Admin.Invite(r.ctx, r.merchant.ID, form.Person.Email, access.Role(form.Person.Role))
	if err == nil {
		return c.toMember(r, i, token)
	}
	if wantsSecond(err) {
		var name string
		if name, err = c.roleName(r, r.merchant.ID, access.Role(form.Person.Role)); err == nil {
			var a approvals.Approval
			if a, err = c.Changes.Invite(r.ctx, r.merchant.ID, form.Person.Email, access.Role(form.Person.Role), name); err == nil {
				return c.asked(r, a, nil)
			}
		}
	}
	if form.Errors = c.grantErrors(r, form.Person.Role, own, err); form.Errors == nil {
		return err
	}
	if form.Shell, err = c.shell(r, layout.NavMembers); err != nil {
		return err
	}
	return c.refuse(r, pages.MemberFormPage(form))
}

// handover is the only place where a password goes out.
func (c *Console) handover(s layout.Shell, u access.User, password, back string) pages.Handover {
	return pages.Handover{Shell: s, Name: u.Name, Email: u.Email, Password: password, SignIn: c.BaseURL + routes.SignIn, Back: back}
}

func personForm(r *request) pages.PersonForm {
	return pages.PersonForm{
		Email: r.field("email"), Name: r.field("name"), Role: r.field("role"), Domain: r.field("domain"), Locale: r.field("locale"),
	}
}
