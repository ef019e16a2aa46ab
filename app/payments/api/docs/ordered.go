package docs

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// ordered is a YAML mapping that remembers the order of its members.
type ordered[T any] []entry[T]

type entry[T any] struct {
	Key   string
	Value T
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (o *ordered[T]) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a mapping was expected", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		e := entry[T]{Key: n.Content[i].Value}
		if err := n.Content[i+1].Decode(&e.Value); err != nil {
			return err
		}
		*o = append(*o, e)
	}
	return nil
}

func (o ordered[T]) get(key string) (T, bool) {
	for _, e := range o {
		if e.Key == key {
			return e.Value, true
		}
	}
	var none T
	return none, false
}

// oneOrMany is a keyword that takes a word or a list of words.
type oneOrMany []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (w *oneOrMany) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*w = oneOrMany{n.Value}
		return nil
	}
	return n.Decode((*[]string)(w))
}

// value is an example as indented JSON, its members in order.
type value string

// UnmarshalYAML implements yaml.Unmarshaler.
func (v *value) UnmarshalYAML(n *yaml.Node) error {
	var flat, pretty bytes.Buffer
	if err := writeJSON(&flat, n); err != nil {
		return err
	}
	if err := json.Indent(&pretty, flat.Bytes(), "", "  "); err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*v = value(pretty.String())
	return nil
}

func writeJSON(b *bytes.Buffer, n *yaml.Node) error {
	switch n.Kind {
	case yaml.AliasNode:
		return writeJSON(b, n.Alias)
	case yaml.MappingNode:
		return writeMembers(b, n.Content)
	case yaml.SequenceNode:
		b.WriteByte('[')
		for i, item := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := writeJSON(b, item); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	}
	var scalar any
	if err := n.Decode(&scalar); err != nil {
		return err
	}
	return writeScalar(b, scalar)
}

func writeMembers(b *bytes.Buffer, content []*yaml.Node) error {
	b.WriteByte('{')
	for i := 0; i < len(content); i += 2 {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeScalar(b, content[i].Value); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := writeJSON(b, content[i+1]); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func writeScalar(b *bytes.Buffer, scalar any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	return enc.Encode(scalar)
}
