package console_test

import (
	"net/http"

	"github.com/piaohao/piaohao/app/access"
	"github.com/piaohao/piaohao/app/admin/console"
)

// offersOnlyWhatIsAllowed opens each page that a role of the platform may read
// and looks for links and forms whose routes would refuse it. Merchants' roles
// are tried a right at a time.
func (h *house) offersOnlyWhatIsAllowed(role access.Role, address func(console.Route) string) {
	h.Helper()
	b := h.as(role)
	refused := map[string]bool{}
	for _, route := range console.Table() {
		if route.Method != http.MethodGet || route.Object == "" || isFile(route) || route.Place != console.Own && !mayBy(role, route) {
			continue
		}
		path := address(route)
		page := b.get(path)
		for method, offered := range map[string][][]string{http.MethodPost: actions.FindAllStringSubmatch(page.body, -1), http.MethodGet: hrefs.FindAllStringSubmatch(page.body, -1)} {
			for _, to := range offered {
				next, found := routeOf(method, to[1])
				if !found || next.Object == "" || next.Place == console.Own || mayBy(role, next) || refused[method+next.Path] {
					continue
				}
				refused[method+next.Path] = true
				h.Errorf("%s: %s offers %s %s, which needs %s:%s", role, path, method, next.Path, next.Object, next.Action)
			}
		}
	}
}
