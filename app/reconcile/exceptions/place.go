package exceptions

import (
	"context"
	"strconv"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
)

// place finds what stands for a finding, nil when nothing does, and where it is
// filed: with its day, or with the run's when that one's month is closed.
func (f *filing) place(ctx context.Context, tx *db.Tx, n *Finding) (naturalKey, *filed, error) {
	k, e := f.standing(n.Day, *n)
	if n.Day == f.run.Day {
		return k, e, nil
	}
	closed, err := f.closed(ctx, tx, n.Day)
	if err != nil || e != nil && (!closed || e.Status != Cleared || e.foundLater()) {
		return k, e, err
	}
	late, filed := f.standing(f.run.Day, *n) // when the month was closed before, maybe
	if closed || filed != nil {
		n.Day = f.run.Day
		return late, filed, nil
	}
	return k, e, nil
}

// standing is what was filed of a finding with a day.
func (f *filing) standing(day app.Day, n Finding) (naturalKey, *filed) {
	key := objectKey(n.Key)
	k := naturalKey{day, n.Type, key}
	for repeat := 2; f.key[k] != nil && f.key[k].found; repeat++ {
		k.key = key + "#" + strconv.Itoa(repeat) // the same object twice in one file
	}
	return k, f.key[k]
}

// foundLater reports whether another day's bill had it after all.
func (e *filed) foundLater() bool { return e.Status == Cleared && e.ClearedBy != e.RunID }

// closed reports whether nothing of the day may change, as its month is closed.
// The run's own is open: no outcome of a closed one is stored.
func (f *filing) closed(ctx context.Context, tx *db.Tx, day app.Day) (bool, error) {
	month := day.Month()
	if f.s.Periods == nil || month == f.run.Day.Month() {
		return false, nil
	}
	if shut, asked := f.shut[month]; asked {
		return shut, nil
	}
	shut, err := f.s.Periods.Locked(ctx, tx, f.scope(), day)
	if err != nil {
		return false, err
	}
	if f.shut == nil {
		f.shut = map[string]bool{}
	}
	f.shut[month] = shut
	return shut, nil
}
