// Package moneycheck holds the program to one rule: amounts never pass through
// floating-point numbers. A float has no place in a room that handles money, but
// for the one function that writes a spreadsheet's numeric cell.
package moneycheck

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed are the files and rooms below app/ in which a float is no amount, and
// what it is there.
var allowed = map[string]string{
	"observe/":                       "metrics are floats by Prometheus' definition",
	"payments/api/limit.go":          "requests per second",
	"payments/api/api.go":            "requests per second",
	"reconcile/report/money.go":      "the one function that writes a numeric cell",
	"reconcile/report/width.go":      "the width of a column",
	"reconcile/exceptions/export.go": "the widths of columns",
}

// maths are the packages whose results are floats.
var maths = []string{"math", "math/cmplx"}

// finding is one float.
type finding struct {
	file string // below the root
	line int
	what string
}

func (f finding) String() string { return fmt.Sprintf("%s:%d: %s", f.file, f.line, f.what) }

// floats finds the floating-point types, literals and conversions of a file:
// float32 and float64, complex numbers, literals such as 0.5 and 1e3, what
// package math computes, and strconv's readers and writers of floats.
func floats(set *token.FileSet, name string, tree *ast.File) []finding {
	var out []finding
	add := func(n ast.Node, what string) {
		out = append(out, finding{name, set.Position(n.Pos()).Line, what})
	}
	for _, i := range tree.Imports {
		if path, err := strconv.Unquote(i.Path.Value); err == nil && slices.Contains(maths, path) && !wholeMath(tree) {
			add(i, "imports "+path)
		}
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			switch n.Name {
			case "float32", "float64", "complex64", "complex128":
				add(n, n.Name)
			}
		case *ast.BasicLit:
			if n.Kind == token.FLOAT || n.Kind == token.IMAG {
				add(n, "the literal "+n.Value)
			}
		case *ast.SelectorExpr:
			switch n.Sel.Name {
			case "ParseFloat", "FormatFloat", "AppendFloat", "Float64", "Float32", "SetFloat64", "NewFloat":
				add(n, n.Sel.Name)
			}
		}
		return true
	})
	return out
}

// wholeMath reports whether the file takes nothing but integer limits from math.
func wholeMath(tree *ast.File) bool {
	whole := true
	ast.Inspect(tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "math" {
				whole = whole && (strings.HasPrefix(s.Sel.Name, "MaxInt") || strings.HasPrefix(s.Sel.Name, "MinInt") || strings.HasPrefix(s.Sel.Name, "MaxUint"))
			}
		}
		return true
	})
	return whole
}

// isAllowed reports whether a file may hold floats, and by which entry.
func isAllowed(name string) (entry string, ok bool) {
	for entry := range allowed {
		if name == entry || strings.HasSuffix(entry, "/") && strings.HasPrefix(name, entry) {
			return entry, true
		}
	}
	return "", false
}

func TestNoAmountPassesThroughAFloat(t *testing.T) {
	const root = ".."
	used := map[string]bool{}
	set := token.NewFileSet()
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			if err == nil && d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules") {
				return filepath.SkipDir
			}
			return err
		}
		tree, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		name := filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))
		for _, f := range floats(set, name, tree) {
			if entry, ok := isAllowed(name); ok {
				used[entry] = true
				continue
			}
			t.Errorf("app/%s: amounts are app.Money or app.Millifen; if this is no amount, say so in app/moneycheck", f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 300 {
		t.Errorf("only %d files were read", files)
	}
	for entry := range allowed {
		if !used[entry] {
			t.Errorf("app/%s holds no float any more: take it off the list", entry)
		}
	}
}

// The check is only worth its name when it finds what is planted.
func TestAPlantedFloatIsFound(t *testing.T) {
	for source, want := range map[string]string{
		"func yuan(fen int64) float64 { return float64(fen) / 100 }": "float64",
		"func tax(m int64) int64 { return int64(0.06 * 100) * m }":   "the literal 0.06",
		"const thousand = 1e3":                "the literal 1e3",
		"type price struct{ amount float32 }": "float32",
		"var c complex128":                    "complex128",
		"func read(s string) { v, _ := strconv.ParseFloat(s, 64); _ = v }":           "ParseFloat",
		"import \"math\"\nfunc round(x int64) int64 { return int64(math.Round(2)) }": "imports math",
		"func cents(r *big.Rat) { f, _ := r.Float64(); _ = f }":                      "Float64",
	} {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, "planted.go", "package planted\n"+source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		found := floats(set, "planted.go", tree)
		if !slices.ContainsFunc(found, func(f finding) bool { return f.what == want }) {
			t.Errorf("%q: found %v, want %s", source, found, want)
		}
	}
	for _, source := range []string{"import \"math\"\nconst most = math.MaxInt64", "func fee(m int64) int64 { return m * 6 / 1000 }", "// float64 in words\nvar s = \"0.5\""} {
		set := token.NewFileSet()
		tree, err := parser.ParseFile(set, "sound.go", "package sound\n"+source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if found := floats(set, "sound.go", tree); len(found) != 0 {
			t.Errorf("%q: found %v", source, found)
		}
	}
}
