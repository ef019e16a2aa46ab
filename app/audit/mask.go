package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// mask stands where a secret was.
const mask = "***"

// secretNames are parts of field names whose values never reach a row. Names
// are compared without case, "_" and "-".
var secretNames = []string{
	"password", "passphrase", "secret", "privatekey", "apiv3key", "token",
	"credential", "totp", "seed", "cookie", "authorization", "keyset", "openid", "phone", "mobile",
}

// secretValues begin texts that are secrets whatever their field is called.
var secretValues = []string{"sk_live_", "sk_test_", "whsec_", "whsk_"}

// masked marshals v with its secrets replaced, keys sorted; nil becomes "".
func masked(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("marshal: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // amounts must not turn into floats
	var tree any
	if err := d.Decode(&tree); err != nil {
		return "", fmt.Errorf("marshal: %w", err)
	}
	out, err := json.Marshal(maskTree(tree))
	return string(out), err
}

func maskTree(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			if secretName(name) {
				v[name] = maskWhole(value)
			} else {
				v[name] = maskTree(value)
			}
		}
	case []any:
		for i := range v {
			v[i] = maskTree(v[i])
		}
	case string:
		if secretValue(v) {
			return mask
		}
	}
	return v
}

// maskWhole hides a secret's value, yet shows that there is none, or whether
// a switch such as "password_required" is on.
func maskWhole(v any) any {
	switch v := v.(type) {
	case nil, bool:
		return v
	case string:
		if v == "" {
			return v
		}
	}
	return mask
}

func secretName(name string) bool {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
	for _, s := range secretNames {
		if strings.Contains(plain, s) {
			return true
		}
	}
	return false
}

func secretValue(s string) bool {
	for _, p := range secretValues {
		// A bare or shortened prefix, as shown in lists, is no secret.
		if strings.HasPrefix(s, p) && len(s) > len(p)+12 {
			return true
		}
	}
	return strings.Contains(s, "PRIVATE KEY-----")
}
