package shop

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/web/qr"
)

// paymentView is a method's page with an order on it.
type paymentView struct {
	Method  method
	Payment payment
	Code    string // what the till scanned
	QR      qr.Code
	WalletA string // opens the order on the payer's phone
	Back    string // this page, for the phone to return to
	Params  []param
	Others  []method
	Refunds []refund
	Left    app.Money // what can still be given back
	Key     string    // the next call's Idempotency-Key
	Answer  string    // the payment as the API gave it
	Source  string
}

// param is one of the parameters for the payer's client.
type param struct{ Name, Value string }

// open reports whether the payment can still be paid.
func (p payment) open() bool { return p.Status == "pending" || p.Status == "created" }

func (s *Shop) payment(w http.ResponseWriter, r *http.Request) {
	p, err := s.api.get(r.Context(), r.PathValue("id"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	m, ok := methodOf(p.Method)
	if !ok {
		s.fail(w, r, notFound("the shop has no page for "+p.Method))
		return
	}
	if m.Name != r.PathValue("method") {
		http.Redirect(w, r, pathOf(m, p.ID, ""), http.StatusSeeOther)
		return
	}
	v, err := s.viewOf(r, m, p)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	f := s.frame(w, r)
	if p.open() || slices.ContainsFunc(v.Refunds, refund.underWay) {
		f.Poll, f.Status = v.path("/status"), stateOf(p, v.Refunds)
	}
	s.render(w, r, http.StatusOK, paymentPage(f, v))
}

func (s *Shop) viewOf(r *http.Request, m method, p payment) (paymentView, error) {
	v := paymentView{
		Method: m, Payment: p, Code: r.URL.Query().Get("code"), Others: others(m), Key: newNumber(),
		Back:   s.cfg.URL + "/" + m.Name + "/" + p.ID,
		Answer: indented(p.raw), Source: s.api.line(http.MethodGet, "/payments/"+p.ID),
	}
	a := p.Action
	if a == nil {
		a = &action{}
	}
	code := a.CodeURL
	if m.Shape == till {
		code = v.Code
	}
	if code != "" {
		v.WalletA = s.cfg.PhoneURL + "?" + url.Values{"code": {code}, "back": {v.Back}}.Encode()
	}
	if a.OrderString != "" {
		v.Params = []param{{"order_string", a.OrderString}}
	}
	for name, value := range a.Params {
		v.Params = append(v.Params, param{name, value})
	}
	slices.SortFunc(v.Params, func(x, y param) int { return strings.Compare(x.Name, y.Name) })
	var err error
	if v.Refunds, err = s.refundsOf(r.Context(), p); err != nil {
		return v, err
	}
	if p.Status == "succeeded" {
		v.Left = left(p, v.Refunds)
	}
	if a.CodeURL != "" {
		v.QR, err = qr.Of(a.CodeURL)
	}
	return v, err
}

// link is where the payer's browser goes, "" for nowhere.
func (v paymentView) link() string {
	if v.Payment.Action == nil {
		return ""
	}
	return v.Payment.Action.URL
}

// signatureNames are the parameters that prove the rest.
var signatureNames = []string{"paySign", "sign", "order_string"}

// spoilt are the parameters with a signature that proves nothing: a client
// must refuse them. It is nil where nothing is signed.
func (v paymentView) spoilt() []param {
	bad := slices.Clone(v.Params)
	for i, p := range bad {
		if slices.Contains(signatureNames, p.Name) && len(p.Value) > 40 {
			bad[i].Value = p.Value[:20] + flipped(p.Value[20]) + p.Value[21:]
			return bad
		}
	}
	return nil
}

func flipped(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

// status answers the page's script: what has become of the payment.
func (s *Shop) status(w http.ResponseWriter, r *http.Request) {
	p, err := s.api.get(r.Context(), r.PathValue("id"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	refunds, err := s.refundsOf(r.Context(), p)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(map[string]string{"status": stateOf(p, refunds)}); err != nil {
		s.cfg.Logger.ErrorContext(r.Context(), "shop status", "error", err)
	}
}

// switchMethod asks for another way to pay the same order.
func (s *Shop) switchMethod(w http.ResponseWriter, r *http.Request) {
	m, ok := methodOf(r.FormValue("to"))
	if !ok {
		s.fail(w, r, notFound("there is no way to pay called "+r.FormValue("to")))
		return
	}
	other, err := s.attemptOf(r, m, r.FormValue("number"), "")
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p, err := s.api.attempt(r.Context(), r.FormValue("key"), r.PathValue("id"), other)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, pathOf(m, p.ID, ""), http.StatusSeeOther)
}

// close ends an order that nobody wants to pay any more.
func (s *Shop) close(w http.ResponseWriter, r *http.Request) {
	p, err := s.api.close(r.Context(), r.FormValue("key"), r.PathValue("id"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.Redirect(w, r, "/shop/"+p.Method+"/"+p.ID, http.StatusSeeOther)
}
