package dbcheck

import "slices"

// assemble turns each base into the statements it can become: with each
// condition alone, with none and with all of them, under each of its tails.
func (f *finder) assemble() {
	used := map[any]bool{}
	for _, b := range f.builds.bases {
		var conditions, tails []part
		for node := range f.builds.reach(b.call) {
			used[node] = true
			for _, p := range f.builds.parts[node] {
				if p.kind == "Tail" {
					tails = append(tails, p)
				} else {
					conditions = append(conditions, p)
				}
			}
		}
		f.variants(b.Statement, inOrder(conditions), inOrder(tails))
	}
	for node, parts := range f.builds.parts {
		for _, p := range parts {
			if !used[node] {
				f.problems = append(f.problems, Problem{p.at, "no NewBuild leads to this " + p.kind + ", so it cannot be tried"})
			}
		}
	}
}

func (f *finder) variants(s Statement, conditions, tails []part) {
	if len(tails) == 0 {
		tails = []part{{at: s.At}}
	}
	all := ""
	for _, c := range conditions {
		all += and(c)
	}
	for _, c := range conditions { // first, so that a mistake is found where it is
		f.add(Statement{s.Text + and(c) + " " + tails[0].text, c.at, s.Sandbox})
	}
	for _, t := range tails {
		f.add(Statement{s.Text + " " + t.text, t.at, s.Sandbox})
		if all != "" {
			f.add(Statement{s.Text + all + " " + t.text, t.at, s.Sandbox})
		}
	}
}

func and(c part) string { return " AND (" + c.text + ")" }

// inOrder sorts parts as the source has them: nodes are met in any order.
func inOrder(parts []part) []part {
	slices.SortFunc(parts, func(a, b part) int { return int(a.pos - b.pos) })
	return parts
}

// reach is every node a builder can flow to, itself included.
func (b *builds) reach(from any) map[any]bool {
	reached := map[any]bool{}
	var visit func(node any)
	visit = func(node any) {
		if reached[node] {
			return
		}
		reached[node] = true
		for _, next := range b.flows[node] {
			visit(next)
		}
	}
	visit(from)
	return reached
}
