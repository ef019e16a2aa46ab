package docs

import (
	"slices"
	"strings"
)

// layout turns operations and schemas into what the page shows.
type layout struct {
	*document
	lang    string
	objects []string // schemas with a section of their own
}

func (l layout) group(t tag) group {
	g := group{ID: "tag-" + strings.ReplaceAll(strings.ToLower(t.Name), " ", "-"), Title: t.Name, Description: spans(t.Description)}
	if l.lang == chinese {
		g.Title, g.Description = t.NameZH, spans(t.DescriptionZH)
	}
	for _, item := range l.Paths {
		for _, op := range item.Value {
			if slices.Contains(op.Value.Tags, t.Name) {
				g.Operations = append(g.Operations, l.operation(item.Key, op.Key, op.Value))
			}
		}
	}
	return g
}

func (l layout) operation(path, method string, op apiOperation) operation {
	o := operation{
		ID: op.ID, Method: strings.ToUpper(method), Path: path, Title: op.Summary, Scope: op.Scope,
		Description: markdown(op.Description),
	}
	if l.lang == chinese {
		o.Summary = op.SummaryZH
		if op.TitleZH != "" {
			o.Title = op.TitleZH
		}
	}
	for _, p := range op.Parameters {
		o.Parameters = append(o.Parameters, l.parameterField(l.parameter(p)))
	}
	l.addBody(&o, op)
	for _, r := range op.Responses {
		view := l.response(r.Key, l.apiResponse(r.Value))
		if len(view.Codes) > 0 {
			o.Refusals = append(o.Refusals, view)
		} else {
			o.Answers = append(o.Answers, view)
		}
		o.Samples = append(o.Samples, l.samples(r.Key, l.apiResponse(r.Value))...)
	}
	o.Curl = l.curl(path, o.Method, op)
	return o
}

func (l layout) addBody(o *operation, op apiOperation) {
	if op.RequestBody == nil {
		return
	}
	for _, c := range op.RequestBody.Content {
		o.Body = l.fields(l.schema(c.Value.Schema), 0)
		if len(o.Body) == 0 {
			o.BodyNote = wordsIn(l.lang).AnyBody
		}
	}
}

func (l layout) response(status string, r apiResponse) responseView {
	v := responseView{Status: status, Description: spans(r.Description), Codes: r.Codes}
	for _, h := range r.Headers {
		if h.Key != "X-Request-Id" { // every answer has it
			v.Headers = append(v.Headers, h.Key)
		}
	}
	if len(r.Codes) > 0 {
		return v
	}
	for _, c := range r.Content {
		v.Object, v.IsList = l.carried(c.Value.Schema)
	}
	return v
}

// carried names the object that an answer holds, of which a page holds many.
func (d *document) carried(s schema) (name string, isList bool) {
	name = strings.TrimPrefix(s.Ref, schemaPrefix)
	resolved := d.schema(s)
	if data, ok := resolved.Properties.get("data"); ok && data.Items != nil {
		return strings.TrimPrefix(data.Items.Ref, schemaPrefix), true
	}
	return name, false
}

func (l layout) samples(status string, r apiResponse) []sample {
	var out []sample
	for _, c := range r.Content {
		for _, e := range c.Value.Examples {
			out = append(out, sample{Title: status + " · " + e.Value.Summary, JSON: string(e.Value.Value)})
		}
	}
	return out
}

// objectNames lists the schemas that answers carry, in the document's order.
func (d *document) objectNames() []string {
	carried := map[string]bool{}
	for _, item := range d.Paths {
		for _, op := range item.Value {
			for _, r := range op.Value.Responses {
				for _, c := range d.apiResponse(r.Value).Content {
					name, _ := d.carried(c.Value.Schema)
					carried[name] = true
				}
			}
		}
	}
	var out []string
	for _, s := range d.Components.Schemas {
		if carried[s.Key] {
			out = append(out, s.Key)
		}
	}
	return out
}
