package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app"
)

// raisedError is one place that makes an error.
type raisedError struct {
	where  string
	code   app.Code
	reason string
}

func (e raisedError) name() string {
	if e.reason != "" {
		return e.reason
	}
	return string(e.code)
}

var codes = map[string]app.Code{
	"Invalid": app.Invalid, "Unauthenticated": app.Unauthenticated, "Forbidden": app.Forbidden, "NotFound": app.NotFound,
	"Conflict": app.Conflict, "Declined": app.Declined, "OutcomeUnknown": app.OutcomeUnknown, "RateLimited": app.RateLimited,
	"Unavailable": app.Unavailable, "Internal": app.Internal,
}

// raised finds every error that the rooms make. An error made in a way that
// cannot be followed fails the test.
func raised(t *testing.T) []raisedError {
	t.Helper()
	var out []raisedError
	for _, file := range sources(t, rooms...) {
		reasons := map[*ast.CallExpr]string{} // of the Errorf that each WithReason ends in
		ast.Inspect(file.tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && calls(call, "WithReason") && len(call.Args) == 1 {
				inner := innermost(call)
				if !appErrorf(inner) {
					t.Errorf("%s: a reason is given to what is not app.Errorf", file.at(n))
					return true
				}
				reasons[inner] = file.literal(t, call.Args[0])
			}
			return true
		})
		ast.Inspect(file.tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				switch {
				case calls(n, "InvalidField"):
					out = append(out, raisedError{file.at(n), app.Invalid, "invalid_request"})
				case appErrorf(n):
					e := raisedError{where: file.at(n), reason: reasons[n]}
					if _, ok := elsewhere[e.reason]; !ok {
						e.code = file.code(t, n.Args[0])
					}
					out = append(out, e)
				}
			case *ast.CompositeLit:
				if name, ok := n.Type.(*ast.SelectorExpr); ok && name.Sel.Name == "Error" && isApp(name.X) {
					t.Errorf("%s: an app.Error is made by hand", file.at(n))
				}
			}
			return true
		})
	}
	if len(out) < 50 {
		t.Fatalf("only %d errors were found", len(out))
	}
	return out
}

// innermost walks a chain of calls back to its first.
func innermost(call *ast.CallExpr) *ast.CallExpr {
	for {
		selector, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return call
		}
		before, ok := selector.X.(*ast.CallExpr)
		if !ok {
			return call
		}
		call = before
	}
}

func calls(call *ast.CallExpr, name string) bool {
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name == name
	case *ast.Ident:
		return f.Name == name
	}
	return false
}

// appErrorf tells app.Errorf from fmt.Errorf.
func appErrorf(call *ast.CallExpr) bool {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Errorf" && isApp(selector.X)
}

func isApp(x ast.Expr) bool {
	name, ok := x.(*ast.Ident)
	return ok && name.Name == "app"
}

// sourceFile is a parsed file of the program, not of its tests.
type sourceFile struct {
	name string
	set  *token.FileSet
	tree *ast.File
}

func sources(t *testing.T, dirs ...string) []sourceFile {
	t.Helper()
	var out []sourceFile
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %d files", dir, err, len(files))
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			if name, err = filepath.Abs(name); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			set := token.NewFileSet()
			tree, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, sourceFile{name, set, tree})
		}
	}
	return out
}

func (f sourceFile) at(n ast.Node) string {
	p := f.set.Position(n.Pos())
	return filepath.Base(filepath.Dir(p.Filename)) + "/" + filepath.Base(p.Filename) + ":" + strconv.Itoa(p.Line)
}

func (f sourceFile) literal(t *testing.T, x ast.Expr) string {
	t.Helper()
	lit, ok := x.(*ast.BasicLit)
	if !ok {
		t.Errorf("%s: a code that is not written out cannot be followed", f.at(x))
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		t.Errorf("%s: %v", f.at(x), err)
	}
	return s
}

func (f sourceFile) code(t *testing.T, x ast.Expr) app.Code {
	t.Helper()
	var name string
	switch x := x.(type) {
	case *ast.SelectorExpr:
		name = x.Sel.Name
	case *ast.Ident:
		name = x.Name
	}
	code, ok := codes[name]
	if !ok {
		t.Errorf("%s: a code that is not one of app's constants cannot be followed", f.at(x))
	}
	return code
}
