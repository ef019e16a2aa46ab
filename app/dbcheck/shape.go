package dbcheck

import (
	"go/types"
	"strings"
)

// shape renders a signature without the names of its parameters.
func shape(sig *types.Signature) string {
	s := "func(" + tuple(sig.Params(), sig.Variadic()) + ")"
	switch results := tuple(sig.Results(), false); sig.Results().Len() {
	case 0:
		return s
	case 1:
		return s + " " + results
	default:
		return s + " (" + results + ")"
	}
}

func tuple(t *types.Tuple, variadic bool) string {
	var parts []string
	for i := range t.Len() {
		typ := t.At(i).Type()
		switch under := typ.(type) {
		case *types.Signature:
			parts = append(parts, shape(under))
		case *types.Slice:
			if variadic && i == t.Len()-1 {
				parts = append(parts, "..."+under.Elem().String())
				continue
			}
			parts = append(parts, typ.String())
		default:
			parts = append(parts, typ.String())
		}
	}
	return strings.ReplaceAll(strings.Join(parts, ", "), "interface{}", "any")
}
