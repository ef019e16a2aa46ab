package dbcheck

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	"github.com/pingcap/tidb/pkg/parser/opcode"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver" // the parser's value expressions
)

// Portable parses one statement as TiDB does, which refuses reserved words, and
// returns what both engines would accept but understand differently. It also
// returns the number of placeholders.
func Portable(text string) (placeholders int, problems []string) {
	problems = misread(text)
	nodes, _, err := parser.New().Parse(text, "", "")
	if err != nil {
		return 0, append(problems, fmt.Sprintf("TiDB cannot parse it: %v", err))
	}
	if len(nodes) != 1 {
		return 0, append(problems, fmt.Sprintf("it holds %d statements, want one", len(nodes)))
	}
	v := &visitor{}
	nodes[0].Accept(v)
	return v.placeholders, append(problems, v.problems...)
}

// misread finds in the text what parses alike and means different things.
func misread(text string) []string {
	var problems []string
	bare := withoutStrings(text)
	for _, c := range []struct{ sign, why string }{
		{"||", "|| joins on SQLite and means OR on MySQL: join in Go"},
		{`"`, "double quotes hold a name on SQLite and a text on MySQL: use single quotes"},
		{"`", "quoted names hide reserved words: choose another name"},
	} {
		if strings.Contains(bare, c.sign) {
			problems = append(problems, c.why)
		}
	}
	return problems
}

var comment = regexp.MustCompile(`--[^\n]*`)

// withoutStrings empties the single-quoted texts and drops comments.
func withoutStrings(text string) string {
	var b strings.Builder
	text = comment.ReplaceAllString(text, "")
	for i, piece := range strings.Split(text, "'") {
		if i%2 == 0 {
			b.WriteString(piece)
		}
		b.WriteByte('\'')
	}
	return b.String()
}

type visitor struct {
	placeholders int
	problems     []string
}

func (v *visitor) refuse(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

// Enter looks at one node.
func (v *visitor) Enter(n ast.Node) (ast.Node, bool) {
	switch n := n.(type) {
	case ast.ParamMarkerExpr:
		v.placeholders++
	case *ast.BinaryOperationExpr:
		if n.Op == opcode.Div || n.Op == opcode.IntDiv || n.Op == opcode.LogicXor {
			v.refuse("%s differs between the engines: compute in Go", n.Op)
		}
	case *ast.Limit:
		if n.Offset != nil {
			v.refuse("OFFSET reads what it skips: page by key")
		}
	case *ast.SelectStmt:
		if n.LockInfo != nil && n.LockInfo.LockType != ast.SelectLockNone {
			v.refuse("row locks are not portable: compare and set, or take a lease")
		}
	case *ast.InsertStmt:
		if n.IsReplace || len(n.OnDuplicate) > 0 || n.IgnoreErr {
			v.refuse("upserts differ between the engines: insert, db.IsDuplicate, read again")
		}
	case *ast.FuncCallExpr:
		if why, ok := unportable[n.FnName.L]; ok {
			v.refuse("%s: %s", n.FnName.O, why)
		}
	}
	v.names(n)
	return n, false
}

// Leave goes on.
func (v *visitor) Leave(n ast.Node) (ast.Node, bool) { return n, true }

const byClock = "time comes from db.Now or the injected clock"

var unportable = map[string]string{
	"now": byClock, "current_timestamp": byClock, "sysdate": byClock, "curdate": byClock,
	"unix_timestamp": byClock, "utc_timestamp": byClock,
	"length":         "it counts bytes on MySQL and characters on SQLite",
	"last_insert_id": "ids come from the program",
	"rand":           "randomness comes from the program",
	"concat":         "join in Go",
}
