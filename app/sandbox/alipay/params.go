package alipay

import (
	"net/url"
	"slices"
	"strings"
)

// params are the parameters of one request or notification.
type params map[string]string

// mergeParams joins the query and the form of a request: smartwalle posts all
// parameters in the body, alipay-sdk puts the public ones in the query. Where
// both carry one, the query's counts, as in a Java servlet.
func mergeParams(query, form url.Values) params {
	p := make(params, len(query)+len(form))
	for _, values := range []url.Values{form, query} {
		for name, v := range values {
			if len(v) > 0 {
				p[name] = v[0]
			}
		}
	}
	return p
}

// content is the text that is signed: the non-empty parameters but the
// excluded, sorted by name, as k=v joined by &. Values are not escaped.
func (p params) content(exclude ...string) string {
	names := make([]string, 0, len(p))
	for name, value := range p {
		if value != "" && !slices.Contains(exclude, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(p[name])
	}
	return b.String()
}

// encode writes the non-empty parameters as a form: SDKs disagree on whether
// an empty one is part of what is signed.
func (p params) encode() string {
	v := make(url.Values, len(p))
	for name, value := range p {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v.Encode()
}
