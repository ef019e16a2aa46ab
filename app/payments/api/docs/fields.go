package docs

import (
	"slices"
	"strings"
)

// field is a member of an object, a parameter or a header, as the page shows it.
type field struct {
	Name        string
	In          string // of a parameter: path, query or header
	Type        string
	Objects     []string // what it holds, each with a section of its own
	Required    bool     // of what is sent
	Optional    bool     // of what is answered: it may be absent
	Limits      []string
	Values      []string
	Description []span
	Example     string
	Fields      []field
}

// maxDepth ends what refers to itself.
const maxDepth = 6

// fields lists the members of an object, and of each object within it that has
// no section of its own. Alternatives are shown as one object.
func (l layout) fields(s schema, depth int) []field {
	if depth > maxDepth {
		return nil
	}
	s = l.merged(s)
	var out []field
	for _, p := range s.Properties {
		f := l.field(p.Value, depth)
		f.Name, f.Required = p.Key, slices.Contains(s.Required, p.Key)
		out = append(out, f)
	}
	return out
}

// answered marks the members of an answer: there, what may be absent is what
// the reader must know.
func answered(fields []field) []field {
	for i, f := range fields {
		fields[i].Required, fields[i].Optional = false, !f.Required
		answered(f.Fields)
	}
	return fields
}

func (l layout) parameterField(p parameter) field {
	f := l.field(p.Schema, 0)
	f.Name, f.In, f.Required = p.Name, p.In, p.Required
	if p.Description != "" {
		f.Description = spans(p.Description)
	}
	if p.Example != "" {
		f.Example = p.Example
	}
	return f
}

func (l layout) field(s schema, depth int) field {
	whole := l.schema(s)
	f := field{Type: l.typeOf(whole), Limits: limits(whole), Values: whole.Enum, Description: spans(whole.Description)}
	if whole.Const != "" {
		f.Values = append(f.Values, whole.Const)
	}
	if f.Objects = l.objectsOf(s); len(f.Objects) > 0 {
		f.Description = nil
		return f
	}
	inner := whole
	if inner.Items != nil {
		inner = l.schema(*inner.Items)
		f.Values = append(f.Values, inner.Enum...)
	}
	f.Fields = l.fields(inner, depth+1)
	return f
}

// objectsOf names what a member refers to when that has a section of its own.
func (l layout) objectsOf(s schema) []string {
	all := append([]schema{s}, s.OneOf...)
	if s.Items != nil {
		all = append(all, *s.Items)
	}
	var out []string
	for _, one := range all {
		if name := strings.TrimPrefix(one.Ref, schemaPrefix); slices.Contains(l.objects, name) {
			out = append(out, name)
		}
	}
	return out
}

// merged shows alternatives as one object: the members of all, with the values
// and objects that each allows.
func (l layout) merged(s schema) schema {
	if len(s.OneOf) == 0 {
		return s
	}
	var out schema
	for _, alternative := range s.OneOf {
		one := l.schema(alternative)
		if len(out.Required) == 0 {
			out.Required = one.Required
		}
		for _, p := range one.Properties {
			out.add(p.Key, p.Value)
		}
	}
	return out
}

func (s *schema) add(name string, member schema) {
	for i, p := range s.Properties {
		if p.Key == name {
			s.Properties[i].Value = p.Value.or(member)
			return
		}
	}
	s.Properties = append(s.Properties, entry[schema]{Key: name, Value: member})
}

// or returns what either of two schemas of one member allows.
func (s schema) or(other schema) schema {
	switch {
	case s.Const != "" && other.Const != s.Const:
		s.Enum, s.Const = append(slices.Clone(s.Enum), s.Const, other.Const), ""
	case other.Const != "" && !slices.Contains(s.Enum, other.Const) && len(s.Enum) > 0:
		s.Enum = append(slices.Clone(s.Enum), other.Const)
	case s.Ref != "" && other.Ref != s.Ref:
		s = schema{Type: oneOrMany{"object"}, OneOf: []schema{{Ref: s.Ref}, {Ref: other.Ref}}}
	case len(s.OneOf) > 0 && other.Ref != "" && !slices.ContainsFunc(s.OneOf, func(o schema) bool { return o.Ref == other.Ref }):
		s.OneOf = append(slices.Clone(s.OneOf), schema{Ref: other.Ref})
	}
	return s
}
