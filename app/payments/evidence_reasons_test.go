package payments

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestEveryReasonToHoldANoticeIsListed reads this package's source, so that a
// new reason does not reach people without its sentence.
func TestEveryReasonToHoldANoticeIsListed(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	note := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil && text != "" && !slices.Contains(found, text) {
				found = append(found, text)
			}
		}
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool { return noteReasons(n, note) })
	}
	for _, reason := range found {
		if !slices.Contains(NoticeReasons(), reason) {
			t.Errorf("%s is a reason, and not listed", reason)
		}
	}
	for _, reason := range NoticeReasons() {
		if !slices.Contains(found, reason) {
			t.Errorf("%s is listed, and never a reason", reason)
		}
	}
}

// noteReasons notes what the functions that compare return, and what those that
// hold a notice are given.
func noteReasons(n ast.Node, note func(ast.Expr)) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if slices.Contains([]string{"mismatch", "misbound", "refundMismatch"}, n.Name.Name) {
			ast.Inspect(n, func(n ast.Node) bool {
				if r, ok := n.(*ast.ReturnStmt); ok {
					note(r.Results[0])
				}
				return true
			})
		}
	case *ast.CallExpr:
		name := ""
		switch f := n.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if slices.Contains([]string{"quarantine", "contradicts", "refundContradicts", "quarantineRefund", "contradiction"}, name) {
			note(n.Args[len(n.Args)-1])
		}
		if name == "WithDetail" {
			if lit, ok := n.Args[0].(*ast.BasicLit); ok && lit.Value == `"field"` {
				note(n.Args[1])
			}
		}
	case *ast.AssignStmt:
		if id, ok := n.Lhs[0].(*ast.Ident); ok && id.Name == "field" {
			note(n.Rhs[0])
		}
	}
	return true
}
