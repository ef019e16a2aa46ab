package console

import (
	"slices"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin"
	routes "github.com/piaohao/piaohao/web/templates"
	"github.com/piaohao/piaohao/web/templates/layout"
	"github.com/piaohao/piaohao/web/templates/pages"
)

func membersRoutes() []Route {
	const members = scoped + "/members"
	return []Route{
		get(members, InMerchant, access.Members, access.Read, (*Console).membersPage),
		fresh(post(members, InMerchant, access.Members, access.Write, (*Console).addMember)),
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
	return c.page(r, pages.MembersPage(pages.Members{Shell: s, Rows: rows}))
}

// members are the people of a domain, each once, by email.
func (c *Console) members(r *request, domain string) ([]pages.MemberRow, error) {
	list, err := c.Access.Members(r.ctx, domain)
	if err != nil {
		return nil, err
	}
	var rows []pages.MemberRow
	for _, m := range list {
		if n := len(rows); n == 0 || rows[n-1].ID != m.UserID {
			rows = append(rows, pages.MemberRow{
				ID: m.UserID, Name: m.Name, Email: m.Email, Active: m.State == access.Active, LastSignInAt: m.LastSignInAt,
			})
		}
		last := &rows[len(rows)-1]
		last.Roles = append(last.Roles, string(m.Role))
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
	form := pages.MemberForm{Shell: s, Person: pages.PersonForm{Role: string(access.Viewer)}}
	return c.page(r, pages.MemberFormPage(form))
}

// addMember gives somebody their first role here. Whoever could not sign in
// before gets a password, which only this answer shows.
func (c *Console) addMember(r *request) error {
	s, err := c.shell(r, layout.NavMembers)
	if err != nil {
		return err
	}
	form := pages.MemberForm{Shell: s, Person: personForm(r)}
	u, password, err := c.Admin.AddMember(r.ctx, admin.NewMember{
		MerchantID: r.merchant.ID, Email: form.Person.Email, Name: form.Person.Name, Role: access.Role(form.Person.Role),
	})
	if form.Errors = c.roleErrors(r, err); form.Errors != nil {
		return c.refuse(r, pages.MemberFormPage(form))
	}
	if err != nil {
		return err
	}
	if password == "" {
		return c.done(r, r.to().Member(u.ID), "member_added")
	}
	return c.page(r, pages.HandoverPage(c.handover(s, u, password, r.to().Members())))
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
