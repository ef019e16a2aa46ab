package dbcheck

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"
)

// builds follows db.Build values: from NewBuild through variables, parameters,
// fields and results, so that each condition is tried on the statements it can
// be added to. A node is the *ast.CallExpr of a NewBuild, a *types.Var, or the
// *types.Func whose result it is.
type builds struct {
	bases []base
	parts map[any][]part
	flows map[any][]any
}

type base struct {
	call *ast.CallExpr
	Statement
}

// part is a condition or a tail.
type part struct {
	kind string // And or Tail
	text string
	at   string
	pos  token.Pos
}

func newBuilds() *builds {
	return &builds{parts: map[any][]part{}, flows: map[any][]any{}}
}

// part records a constant given to NewBuild, And or Tail.
func (f *finder) part(kind string, call *ast.CallExpr, text string) {
	if kind == "NewBuild" {
		f.builds.bases = append(f.builds.bases, base{call, Statement{
			Text: text, At: f.at(call), Sandbox: strings.HasPrefix(f.pkg.PkgPath, sandbox),
		}})
		return
	}
	origin := f.origin(call)
	if origin == nil {
		f.problem(call, "what %s is called on cannot be followed; keep the builder in a variable", kind)
		return
	}
	f.builds.parts[origin] = append(f.builds.parts[origin], part{kind, text, f.at(calledName(call)), call.End()})
}

// flow records that a builder moves to another name.
func (f *finder) flow(n ast.Node, stack []ast.Node) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if len(n.Lhs) == len(n.Rhs) {
			for i := range n.Lhs {
				f.edge(n.Rhs[i], f.origin(n.Lhs[i]))
			}
		}
	case *ast.ValueSpec:
		for i, v := range n.Values {
			f.edge(v, f.pkg.TypesInfo.Defs[n.Names[i]])
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok {
			f.edge(n.Value, f.pkg.TypesInfo.Uses[key])
		}
	case *ast.CallExpr:
		f.pass(n)
	case *ast.ReturnStmt:
		if fn := f.enclosing(stack); fn != nil && len(n.Results) == 1 {
			f.edge(n.Results[0], fn)
		}
	}
}

func (f *finder) pass(call *ast.CallExpr) {
	fn, ok := typeutil.Callee(f.pkg.TypesInfo, call).(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Pkg().Path() == dbPath {
		return
	}
	params := fn.Signature().Params()
	for i, arg := range call.Args {
		if i < params.Len() {
			f.edge(arg, params.At(i))
		}
	}
}

func (f *finder) edge(from ast.Expr, to any) {
	if to == nil || !isBuild(f.pkg.TypesInfo.TypeOf(from)) {
		return
	}
	if origin := f.origin(from); origin != nil && origin != to {
		f.builds.flows[origin] = append(f.builds.flows[origin], to)
	}
}

// enclosing is the declared function around a return; nil inside a literal.
func (f *finder) enclosing(stack []ast.Node) *types.Func {
	for _, n := range slices.Backward(stack) {
		switch n := n.(type) {
		case *ast.FuncLit:
			return nil
		case *ast.FuncDecl:
			fn, _ := f.pkg.TypesInfo.Defs[n.Name].(*types.Func)
			return fn
		}
	}
	return nil
}

// origin is the node an expression of type *db.Build stands for.
func (f *finder) origin(e ast.Expr) any {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		if v, ok := f.pkg.TypesInfo.ObjectOf(e).(*types.Var); ok {
			return v
		}
	case *ast.SelectorExpr:
		if v, ok := f.pkg.TypesInfo.Uses[e.Sel].(*types.Var); ok {
			return v
		}
	case *ast.CallExpr:
		fn, ok := typeutil.Callee(f.pkg.TypesInfo, e).(*types.Func)
		if !ok || !isBuild(f.pkg.TypesInfo.TypeOf(e)) {
			return nil
		}
		if fn.Pkg().Path() != dbPath {
			return fn
		}
		if fn.Name() == "NewBuild" {
			return e
		}
		if sel, ok := ast.Unparen(e.Fun).(*ast.SelectorExpr); ok {
			return f.origin(sel.X)
		}
	}
	return nil
}

func isBuild(t types.Type) bool {
	p, ok := t.(*types.Pointer)
	if !ok {
		return false
	}
	n, ok := types.Unalias(p.Elem()).(*types.Named)
	return ok && n.Obj().Name() == "Build" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == dbPath
}
