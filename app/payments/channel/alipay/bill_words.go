package alipay

import (
	"slices"
	"strings"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel/billfile"
)

// maxCommas bounds the commas of a row's words that are told from others.
const maxCommas = 24

// wordColumns cuts rows in whose words commas stand, which nothing quotes. The
// cells of times and amounts show where the others end.
type wordColumns struct {
	words          []int // the columns of people's own words, the subject first
	times, amounts []int
	optional       []int // amounts that may be blank
	kept           []int // all that are neither words nor idle
}

// theirWords are the columns of people's own words. The subject is the one that
// a shop or a payer writes.
var theirWords = []string{"商品名称", "备注", "门店名称", "操作员", "对方账户", "对方账号", "券名称"}

// idle are columns that nobody reads.
var idle = []string{"门店编号", "终端号", "交易渠道"}

func findWords(c billfile.Columns) wordColumns {
	var w wordColumns
	for _, name := range theirWords {
		if i := c.Find(name); i >= 0 {
			w.words = append(w.words, i)
		}
	}
	for i := range c.Len() {
		name := c.Name(i)
		if slices.Contains(w.words, i) || slices.Contains(idle, name) {
			continue
		}
		switch w.kept = append(w.kept, i); {
		case strings.HasSuffix(name, "时间"):
			w.times = append(w.times, i)
		case strings.HasPrefix(name, "收入金额"), strings.HasPrefix(name, "支出金额"):
			w.optional = append(w.optional, i)
		case strings.HasSuffix(name, "元)"):
			w.amounts = append(w.amounts, i)
		}
	}
	return w
}

// split cuts a row with more commas than columns, which may stand in the subject
// and in one other column of words. ok is false when no way to cut it gives
// times and amounts where they belong, or when two ways differ in what is read:
// then somebody's words look like a row. A TAB ends a cell, unless no other way
// is left.
func (w wordColumns) split(line string, want int) (cells []string, ok bool) {
	pieces := strings.Split(line, ",")
	if len(pieces)-want > maxCommas || len(w.words) == 0 {
		return nil, false
	}
	for _, tabs := range []bool{true, false} {
		cells, ambiguous := w.search(pieces, want, tabs)
		if ambiguous {
			return nil, false
		}
		if cells != nil {
			return cells, true
		}
	}
	return nil, false
}

func (w wordColumns) search(pieces []string, want int, tabs bool) (cells []string, ambiguous bool) {
	extra := len(pieces) - want
	for first := range extra + 1 {
		for _, second := range w.words[min(1, len(w.words)-1):] {
			cut := w.cut(pieces, want, map[int]int{second: extra - first, w.words[0]: first}, tabs)
			if cut == nil || !w.fits(cut) {
				continue
			}
			if cells != nil && !w.same(cells, cut) {
				return nil, true
			}
			cells = cut
		}
	}
	return cells, false
}

// cut joins as many further pieces to a column's cell as more says; nil when
// they do not come out even, or when tabs count and one ends a cell too early.
func (w wordColumns) cut(pieces []string, want int, more map[int]int, tabs bool) []string {
	cells := make([]string, 0, want)
	at := 0
	for column := range want {
		end := at + more[column] + 1
		if end > len(pieces) || (tabs && slices.ContainsFunc(pieces[at:end-1], hasTab)) {
			return nil
		}
		cells = append(cells, trimCell(strings.Join(pieces[at:end], ",")))
		at = end
	}
	if at != len(pieces) {
		return nil
	}
	return cells
}

func hasTab(s string) bool { return strings.IndexByte(s, '\t') >= 0 }

func (w wordColumns) fits(cells []string) bool {
	clock := billfile.NewClock(app.Day(""))
	for _, column := range w.times {
		if _, _, ok := clock.Moment(cells[column]); !ok {
			return false
		}
	}
	for _, column := range w.amounts {
		if _, ok := billfile.Millifen(cells[column]); !ok {
			return false
		}
	}
	for _, column := range w.optional {
		if _, ok := blankFen(cells[column]); !ok {
			return false
		}
	}
	return true
}

func (w wordColumns) same(a, b []string) bool {
	for _, column := range w.kept {
		if a[column] != b[column] {
			return false
		}
	}
	return true
}
