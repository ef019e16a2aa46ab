package docs

import (
	"fmt"
	"strings"
)

// page is the whole reference in one language.
type page struct {
	W       words
	Title   string
	Version string
	Summary string
	Intro   []block // before the guide's first heading
	Guide   []block
	Groups  []group
	Events  []operation
	Headers []field // of webhooks
	Objects []object
	Errors  []errorView
}

// group is a tag's operations.
type group struct {
	ID, Title   string
	Description []span
	Operations  []operation
}

// operation is a call, or an event that calls the merchant.
type operation struct {
	ID, Method, Path, Title string
	Summary                 string // in Chinese; "" in English
	Scope                   string
	Description             []block
	Parameters              []field
	Body                    []field
	BodyNote                string // for a body without fields
	Answers                 []responseView
	Refusals                []responseView
	Curl                    string
	Samples                 []sample
}

type responseView struct {
	Status      string
	Description []span
	Object      string // name of the object it carries, "" without one
	IsList      bool
	Codes       []string
	Headers     []string
}

type sample struct{ Title, JSON string }

// object is a schema that answers carry.
type object struct {
	Name        string
	Description []span
	Fields      []field
}

// errorView is a code with its one status.
type errorView struct {
	Code    string
	Status  int
	Meaning []span
	Remedy  []span
}

// page lays the document out in a language.
func (d *document) page(lang string) (page, error) {
	p := page{W: wordsIn(lang), Title: d.Info.Title, Version: d.Info.Version, Summary: d.Info.Summary}
	text := d.Info.Description
	if lang == chinese {
		p.Title, p.Summary, text = p.W.Title, p.W.Summary, d.Info.DescriptionZH
	}
	p.Intro, p.Guide = divide(markdown(text))
	var err error
	if p.Errors, err = d.errors(lang); err != nil {
		return p, err
	}
	l := layout{document: d, lang: lang, objects: d.objectNames()}
	for _, t := range d.Tags {
		p.Groups = append(p.Groups, l.group(t))
	}
	for _, w := range d.Webhooks {
		for _, e := range w.Value {
			event := l.operation(w.Key, e.Key, e.Value)
			event.Body = answered(event.Body)
			p.Events = append(p.Events, event)
		}
	}
	if len(p.Events) > 0 {
		p.Headers = answered(p.Events[0].Parameters)
	}
	for _, name := range l.objects {
		s := l.schema(schema{Ref: schemaPrefix + name})
		p.Objects = append(p.Objects, object{Name: name, Description: spans(s.Description), Fields: answered(l.fields(s, 0))})
	}
	return p, nil
}

// divide parts the text before the first heading from the rest.
func divide(blocks []block) (intro, guide []block) {
	for i, b := range blocks {
		if b.Kind == "heading" {
			return blocks[:i], blocks[i:]
		}
	}
	return blocks, nil
}

// errors joins the description's table with what the schema says of each code.
func (d *document) errors(lang string) ([]errorView, error) {
	code, ok := d.Components.Schemas.get("ErrorCode")
	if !ok {
		return nil, fmt.Errorf("there is no schema ErrorCode")
	}
	rows := map[string][]string{}
	for _, b := range markdown(d.Info.Description) {
		for _, row := range b.Rows {
			rows[strings.Trim(row[0], "`")] = row
		}
	}
	var out []errorView
	for _, e := range code.Errors {
		row := rows[e.Key]
		if len(row) != 4 {
			return nil, fmt.Errorf("code %s is not in the table of errors", e.Key)
		}
		v := errorView{Code: e.Key, Status: e.Value.Status, Meaning: spans(row[2]), Remedy: spans(row[3])}
		if lang == chinese {
			v.Meaning, v.Remedy = spans(e.Value.ZH), spans(e.Value.DoZH)
		}
		out = append(out, v)
	}
	return out, nil
}

// guideLinks are the guide's headings, for the navigation.
func (p page) guideLinks() []block {
	var out []block
	for _, b := range p.Guide {
		if b.Kind == "heading" {
			out = append(out, b)
		}
	}
	return out
}
