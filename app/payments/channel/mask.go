package channel

import (
	"bytes"
	"encoding/json"
	"errors"
)

// Masker hides the values of fields that hold personal data, by name.
type Masker map[string]bool

// NewMasker returns a Masker of the names.
func NewMasker(names ...string) Masker {
	m := Masker{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

// Mask keeps the ends of a long value and nothing of a short one.
func Mask(s string) string {
	r := []rune(s)
	switch {
	case len(r) == 0:
		return ""
	case len(r) < 12:
		return "****"
	}
	return string(r[:4]) + "****" + string(r[len(r)-4:])
}

// Value returns s, masked when the field is one of the names.
func (m Masker) Value(field, s string) string {
	if m[field] {
		return Mask(s)
	}
	return s
}

// JSON copies a JSON text with its order and numbers as they are and the named
// fields masked, whatever their type. What is not JSON is an error.
func (m Masker) JSON(text []byte) (json.RawMessage, error) {
	if !json.Valid(text) { // also bounds the nesting
		return nil, errors.New("not a JSON text")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var out bytes.Buffer
	if err := m.copyValue(d, &out, false); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func (m Masker) copyValue(d *json.Decoder, out *bytes.Buffer, hide bool) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch v := token.(type) {
	case json.Delim:
		return m.copyComposite(d, out, v, hide)
	case string:
		if hide {
			v = Mask(v)
		}
		return writeJSON(out, v)
	case nil:
		return writeJSON(out, nil)
	default:
		if hide {
			return writeJSON(out, "****")
		}
		return writeJSON(out, v)
	}
}

func (m Masker) copyComposite(d *json.Decoder, out *bytes.Buffer, open json.Delim, hide bool) error {
	out.WriteRune(rune(open))
	for first := true; d.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		below := hide
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			key, _ := name.(string) // the decoder admits no other key
			if err := writeJSON(out, key); err != nil {
				return err
			}
			out.WriteByte(':')
			below = hide || m[key]
		}
		if err := m.copyValue(d, out, below); err != nil {
			return err
		}
	}
	end, err := d.Token()
	if err != nil {
		return err
	}
	out.WriteRune(rune(end.(json.Delim))) // More was false, so it is the end
	return nil
}

func writeJSON(out *bytes.Buffer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	out.Write(bytes.TrimRight(b.Bytes(), "\n"))
	return nil
}
