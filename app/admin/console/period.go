package console

import (
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/figures"
	"github.com/piaohao/piaohao/web/templates/pages"
)

// period is what an overview shows, and the one before that it is compared with.
type period struct {
	name  string
	days  int
	start time.Time // midnight in UTC+8
	now   time.Time
	span  figures.Span
}

// periodOf reads the range of an overview; what it does not know is today.
func periodOf(name string, now time.Time) period {
	now = now.In(app.Beijing)
	p := period{name: pages.RangeToday, days: 1, now: now, span: figures.Hour}
	switch name {
	case pages.RangeWeek:
		p.name, p.days, p.span = name, 7, figures.Day
	case pages.RangeMonth:
		p.name, p.days, p.span = name, 30, figures.Day
	}
	p.start = time.Date(now.Year(), now.Month(), now.Day()-p.days+1, 0, 0, 0, 0, app.Beijing)
	return p
}

// end is the end of the hour that now is in.
func (p period) end() time.Time { return p.now.Truncate(time.Hour).Add(time.Hour) }

func (p period) back(t time.Time) time.Time { return t.AddDate(0, 0, -p.days) }

// current is the period until now, and previous the one before, just as long.
func (p period) current() figures.Range { return rangeOf(p.start, p.end()) }

func (p period) previous() figures.Range { return rangeOf(p.back(p.start), p.back(p.end())) }

// whole is both, to their ends, for the picture.
func (p period) whole() figures.Range {
	return rangeOf(p.back(p.start), p.start.AddDate(0, 0, p.days))
}

func rangeOf(from, to time.Time) figures.Range {
	return figures.Range{From: app.ToMillis(from), To: app.ToMillis(to)}
}

// points lines the hours or days of both periods up.
func (p period) points(series []figures.Point) []pages.FigurePoint {
	at := map[app.Millis]figures.Counts{}
	for _, s := range series {
		at[s.Start] = s.Counts
	}
	var out []pages.FigurePoint
	end := p.start.AddDate(0, 0, p.days)
	for t := p.start; t.Before(end); t = p.span.Next(app.ToMillis(t)).Time().In(app.Beijing) {
		one := pages.FigurePoint{
			Ahead: t.After(p.now), Now: shownFigures(at[app.ToMillis(t)]), Before: shownFigures(at[app.ToMillis(p.back(t))]),
		}
		if p.span == figures.Hour {
			one.Label, one.From, one.To = t.Format("15:04"), t.Format(hourLayout), t.Format(hourLayout)
		} else {
			one.Label, one.From, one.To = t.Format("01-02"), t.Format(time.DateOnly), t.Format(time.DateOnly)
		}
		out = append(out, one)
	}
	return out
}

func shownFigures(n figures.Counts) pages.Figures {
	return pages.Figures{
		Created: n.Created, Succeeded: n.Succeeded, Amount: n.SucceededAmount, Refunds: n.RefundsStanding, Refunded: n.RefundsStandingAmount,
	}
}
