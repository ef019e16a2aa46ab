package console

import "testing"

func TestChangesListOnlyWhatDiffers(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"a changed field", `{"name":"A","enabled":false}`, `{"name":"A","enabled":true}`, "enabled: false → true; "},
		{"created", "", `{"name":"A","scopes":["x","y"]}`, "name:  → A; scopes:  → x, y; "},
		{"deleted", `{"name":"A"}`, "", "name: A → ; "},
		{"nested", `{"settings":{"a":1,"b":2}}`, `{"settings":{"a":1,"b":3}}`, "settings.b: 2 → 3; "},
		{"a field more", `{}`, `{"x":null}`, "x:  → null; "},
		{"large numbers", `{"n":9007199254740993}`, `{"n":9007199254740995}`, "n: 9007199254740993 → 9007199254740995; "},
		{"objects in a list", `{"apps":[{"id":"a"}]}`, `{"apps":[]}`, `apps: {"id":"a"} → ; `},
		{"an empty object", `{"facts":{}}`, `{"facts":{"k":"v"}}`, "facts: {} → ; facts.k:  → v; "},
		{"no object", `"old"`, `"new"`, ": old → new; "},
		{"no JSON", `{broken`, ``, ": {broken → ; "},
		{"nothing", "", "", ""},
		{"the same", `{"a":1}`, `{"a":1}`, ""},
	} {
		got := ""
		for _, x := range auditChanges(c.before, c.after) {
			before, after := "", ""
			if x.Before != nil {
				before = *x.Before
			}
			if x.After != nil {
				after = *x.After
			}
			got += x.Field + ": " + before + " → " + after + "; "
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzChanges(f *testing.F) {
	f.Add(`{"a":{"b":[1,{"c":null}]}}`, `{"a":2}`)
	f.Add(``, `[]`)
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, c := range auditChanges(before, after) {
			if c.Before == nil && c.After == nil || c.Before != nil && c.After != nil && *c.Before == *c.After {
				t.Errorf("%q and %q: field %q did not change", before, after, c.Field)
			}
		}
		if n := len(auditChanges(before, before)); n != 0 {
			t.Errorf("%q differs from itself in %d fields", before, n)
		}
	})
}
