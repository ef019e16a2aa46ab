package shop

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/piaohao/piaohao/app"
)

// usual is what the tea costs when the visitor does not say.
const usual = "38.00"

type homeView struct {
	Amount         string
	WeChat, Alipay []method
}

func (s *Shop) home(w http.ResponseWriter, r *http.Request) {
	v := homeView{Amount: or(r.URL.Query().Get("amount"), usual), WeChat: methodsOf("wechat"), Alipay: methodsOf("alipay")}
	s.render(w, r, http.StatusOK, homePage(s.frame(w, r), v))
}

// counterView is a method's page before the order.
type counterView struct {
	Method  method
	Amount  string
	Number  string
	Code    string // what the till scanned
	Problem string // of the amount
	Price   app.Money
	Request string // what will be sent
	Target  string
}

func (s *Shop) counter(w http.ResponseWriter, r *http.Request) {
	m, ok := methodOf(r.PathValue("method"))
	if !ok {
		s.fail(w, r, notFound("there is no way to pay called "+r.PathValue("method")))
		return
	}
	q := r.URL.Query()
	s.showCounter(w, r, counterView{Method: m, Amount: or(q.Get("amount"), usual), Code: q.Get("code"), Number: newNumber()})
}

// showCounter shows the page with the request that ordering will send.
func (s *Shop) showCounter(w http.ResponseWriter, r *http.Request, v counterView) {
	f, status := s.frame(w, r), http.StatusOK
	price, err := app.ParseYuan(v.Amount)
	if err != nil || price <= 0 {
		v.Problem, status = f.W.AmountWrong, http.StatusUnprocessableEntity
	}
	v.Price = price
	o, err := s.orderOf(r, v.Method, v.Number, price, f.W.Product, or(v.Code, "…"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v.Target, v.Request = s.api.line(http.MethodPost, "/payments"), indentedOf(o)
	s.render(w, r, status, counterPage(f, v))
}

// place orders and goes to the payment's page.
func (s *Shop) place(w http.ResponseWriter, r *http.Request) {
	m, ok := methodOf(r.PathValue("method"))
	if !ok {
		s.fail(w, r, notFound("there is no way to pay called "+r.PathValue("method")))
		return
	}
	number, code := r.FormValue("number"), r.FormValue("code")
	price, err := app.ParseYuan(r.FormValue("amount"))
	if err != nil || price <= 0 {
		s.showCounter(w, r, counterView{Method: m, Amount: r.FormValue("amount"), Code: code, Number: number})
		return
	}
	o, err := s.orderOf(r, m, number, price, s.frame(w, r).W.Product, code)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p, err := s.api.create(r.Context(), number, o)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, pathOf(m, p.ID, code), http.StatusSeeOther)
}

// pathOf is a payment's page; the till remembers the code that it scanned.
func pathOf(m method, id, code string) string {
	path := "/shop/" + m.Name + "/" + id
	if m.Shape == till && code != "" {
		path += "?code=" + url.QueryEscape(code)
	}
	return path
}

// showCode asks the payer to show a payment code and puts it into the till.
func (s *Shop) showCode(w http.ResponseWriter, r *http.Request) {
	m, ok := methodOf(r.PathValue("method"))
	if !ok || m.Shape != till {
		s.fail(w, r, notFound("no code is scanned here"))
		return
	}
	code, err := s.phone.code(r.Context(), m.Channel, r.FormValue("behaviour"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	q := url.Values{"amount": {r.FormValue("amount")}, "code": {code}}
	http.Redirect(w, r, "/shop/"+m.Name+"?"+q.Encode(), http.StatusSeeOther)
}

// comeBack is the return_url: the payer's browser saying that something
// happened. What happened, only the API knows.
func (s *Shop) comeBack(w http.ResponseWriter, r *http.Request) {
	p, err := s.api.byOrder(r.Context(), r.PathValue("order"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/shop/"+p.Method+"/"+p.ID, http.StatusSeeOther)
}

const contentPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"

func (s *Shop) render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) {
	policy := contentPolicy
	if u, err := url.Parse(s.cfg.PhoneURL); err == nil { // the phone opens from forms
		policy += " " + u.Scheme + "://" + u.Host
	}
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := page.Render(r.Context(), w); err != nil {
		s.cfg.Logger.ErrorContext(r.Context(), "shop page", "path", r.URL.Path, "error", err)
	}
}

// fail shows what the API answered, as it answered.
func (s *Shop) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *problem
	if !errors.As(err, &p) {
		s.cfg.Logger.ErrorContext(r.Context(), "shop", "path", r.URL.Path, "error", err)
		p = &problem{Title: http.StatusText(http.StatusBadGateway), Status: http.StatusBadGateway, Code: "unreachable", Detail: err.Error()}
	}
	again := "/shop"
	if m, ok := methodOf(r.PathValue("method")); ok {
		again += "/" + m.Name
	}
	s.render(w, r, p.Status, problemPage(s.frame(w, r), p, again))
}

func notFound(detail string) *problem {
	return &problem{Title: http.StatusText(http.StatusNotFound), Status: http.StatusNotFound, Code: "not_found", Detail: detail}
}

// indented lays JSON out for reading; anything else stays as it came.
func indented(raw []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

func indentedOf(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return indented(raw)
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// others are the methods that an unpaid payment may change to.
func others(m method) []method {
	return slices.DeleteFunc(methods(), func(x method) bool { return x.Name == m.Name || x.Shape == till })
}
