// Package dbcheck guards the rules of the database over the whole program: every
// SQL text is a constant that both engines accept and that means the same on
// both, and the two folders of migrations make the same schema. Its tests run
// the guards over the module, and over planted violations to see them fail.
package dbcheck

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"path/filepath"
	"strings"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/types/typeutil"
)

const (
	module  = "github.com/piaohao/piaohao"
	dbPath  = module + "/app/db"
	sandbox = module + "/app/sandbox"
)

// Statement is one SQL text of the program, as a database would get it.
type Statement struct {
	Text    string
	At      string // file:line
	Sandbox bool   // it runs on the sandbox's tables
}

// Problem is a broken rule and where it is broken.
type Problem struct {
	At   string
	What string
}

// String is the problem as compilers print theirs.
func (p Problem) String() string { return p.At + ": " + p.What }

// Find type-checks the packages that match the patterns, seen from dir, and
// returns every statement they give to app/db. What it cannot follow is a
// problem.
func Find(dir string, patterns ...string) ([]Statement, []Problem, error) {
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadSyntax, Dir: dir}, patterns...)
	if err != nil {
		return nil, nil, fmt.Errorf("load packages: %w", err)
	}
	f := &finder{dir: dir, builds: newBuilds()}
	for _, p := range loaded {
		for _, e := range p.Errors {
			err = errors.Join(err, e)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	for _, p := range loaded {
		f.walk(p)
	}
	f.assemble()
	return f.statements, f.problems, nil
}

type finder struct {
	dir        string
	pkg        *packages.Package
	builds     *builds
	statements []Statement
	problems   []Problem
}

func (f *finder) walk(p *packages.Package) {
	f.pkg = p
	called := map[*ast.Ident]bool{}
	for _, file := range p.Syntax {
		ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				called[calledName(n)] = true
				f.call(n)
			case *ast.Ident:
				if !called[n] {
					f.mention(n)
				}
			}
			f.flow(n, stack)
			return true
		})
	}
}

// calledName is the identifier by which a call names its function, or nil.
func calledName(call *ast.CallExpr) *ast.Ident {
	switch fun := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		return fun
	case *ast.SelectorExpr:
		return fun.Sel
	}
	return nil
}

// mention refuses a function of app/db that is not called where it is named:
// what it is given later cannot be followed.
func (f *finder) mention(id *ast.Ident) {
	fn, ok := f.pkg.TypesInfo.Uses[id].(*types.Func)
	if ok && textOf(fn) >= 0 && f.pkg.PkgPath != dbPath {
		f.problem(id, "%s is taken as a value; call it where its SQL stands", fn.Name())
	}
}

func (f *finder) call(call *ast.CallExpr) {
	fn, ok := typeutil.Callee(f.pkg.TypesInfo, call).(*types.Func)
	if !ok {
		return
	}
	arg := textOf(fn)
	if arg < 0 || arg >= len(call.Args) {
		return
	}
	value := f.pkg.TypesInfo.Types[call.Args[arg]].Value
	if value == nil || value.Kind() != constant.String {
		if f.pkg.PkgPath != dbPath { // it forwards what others were checked for
			f.problem(call.Args[arg], "the SQL given to %s is not a constant", fn.Name())
		}
		return
	}
	text := constant.StringVal(value)
	switch fn.Name() {
	case "NewBuild", "And", "Tail":
		f.part(fn.Name(), call, text)
	case "InsertRows":
		if !strings.HasSuffix(text, ")") || !strings.Contains(text, "VALUES (") {
			f.problem(call.Args[arg], "InsertRows repeats the tuple its text ends in: end it in VALUES (?, ...)")
		}
		f.statement(call, text)
	default:
		f.statement(call, text)
	}
}

// textOf returns which argument of fn is an SQL text, -1 when none is. Besides
// app/db's own functions it knows an interface's method of the same name and
// shape, so a narrower interface is no way around.
func textOf(fn *types.Func) int {
	sig := fn.Signature()
	var receiver string
	if r := sig.Recv(); r != nil {
		receiver = typeName(r.Type())
		if types.IsInterface(r.Type()) && runsSQL(fn) {
			receiver = "Querier"
		}
	}
	if fn.Pkg() == nil || fn.Pkg().Path() != dbPath && receiver != "Querier" {
		return -1
	}
	switch receiver + "." + fn.Name() {
	case "DB.Get", "Tx.Get", "Querier.Get", "DB.Select", "Tx.Select", "Querier.Select", ".InsertRows":
		return 2
	case "DB.Exec", "Tx.Exec", "Querier.Exec", "DB.Each", "Querier.Each":
		return 1
	case ".NewBuild", "Build.And", "Build.Tail":
		return 0
	}
	return -1
}

// shapes are the signatures of the methods that run SQL, names left out.
var shapes = map[string]string{
	"Get":    "func(context.Context, any, string, ...any) error",
	"Select": "func(context.Context, any, string, ...any) error",
	"Exec":   "func(context.Context, string, ...any) (int64, error)",
	"Each":   "func(context.Context, string, []any, func(*github.com/piaohao/piaohao/app/db.Row) error) error",
}

func runsSQL(fn *types.Func) bool {
	want, ok := shapes[fn.Name()]
	return ok && shape(fn.Signature()) == want
}

func typeName(t types.Type) string {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}

func (f *finder) statement(at ast.Node, text string) {
	f.add(Statement{Text: text, At: f.at(at), Sandbox: strings.HasPrefix(f.pkg.PkgPath, sandbox)})
}

func (f *finder) add(s Statement) { f.statements = append(f.statements, s) }

func (f *finder) problem(at ast.Node, format string, args ...any) {
	f.problems = append(f.problems, Problem{f.at(at), fmt.Sprintf(format, args...)})
}

func (f *finder) at(n ast.Node) string {
	p := f.pkg.Fset.Position(n.Pos())
	name := p.Filename
	if rel, err := filepath.Rel(f.dir, name); err == nil {
		name = rel
	}
	return fmt.Sprintf("%s:%d", name, p.Line)
}
