package alipay

import "encoding/json"

// text is a field that Alipay writes as a string, or now and then as a bare
// number, whose digits are kept as they came; null is blank.
type text string

// UnmarshalJSON takes a string, a number or null.
func (t *text) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(t))
	}
	var n *json.Number
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	if n != nil {
		*t = text(*n)
	}
	return nil
}
