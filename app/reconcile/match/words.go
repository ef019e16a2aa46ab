package match

// words numbers the few strings that repeat in every row: states, accounts,
// days. One goroutine adds to it at a time.
type words struct {
	list  []string
	index map[string]uint64
	last  string
	lastN uint64
}

// maxWords bounds the list; what comes later is written out.
const maxWords = 4096

// append packs s as its number from 1, or as 0 and the string itself.
func (w *words) append(b []byte, s string) []byte {
	n, ok := w.number(s)
	if !ok {
		return appendString(append(b, 0), s)
	}
	return appendUvarint(b, n+1)
}

func (w *words) number(s string) (uint64, bool) {
	if s == w.last && len(w.list) > 0 {
		return w.lastN, true
	}
	n, known := w.index[s]
	if !known {
		if len(w.list) == maxWords {
			return 0, false
		}
		if w.index == nil {
			w.index = map[string]uint64{}
		}
		n = uint64(len(w.list))
		w.list = append(w.list, s)
		w.index[s] = n
	}
	w.last, w.lastN = s, n
	return n, true
}

// word reads what append wrote. What was written out has no text of its own
// here: it is copied.
func (r *reader) word(w *words) string {
	n := r.uvarint()
	if n == 0 {
		at := r.str()
		return string(r.text[at.from:at.to])
	}
	if n > uint64(len(w.list)) {
		r.broken = true
		return ""
	}
	return w.list[n-1]
}
