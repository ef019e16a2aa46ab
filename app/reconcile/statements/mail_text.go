package statements

import (
	"fmt"
	"strings"

	"github.com/piaohao/piaohao/app"
)

// mailText writes the day's figures, without anything of a payer.
func mailText(w words, merchant string, mode app.Mode, d Day, link string) Mail {
	var b strings.Builder
	fmt.Fprintf(&b, w.MailIntro+"\n\n", merchant, word(w.Modes, string(mode)), d.Day)
	for _, r := range d.Rows {
		fmt.Fprintf(&b, "%s %s", word(w.Channels, string(r.Channel)), r.Identity)
		if r.SubIdentity != "" {
			fmt.Fprintf(&b, " / %s", r.SubIdentity)
		}
		fmt.Fprintf(&b, " · %s\n", word(w.Statuses, r.Status))
		if r.Status == Waiting || r.Status == Failed {
			fmt.Fprintf(&b, "  %s\n\n", w.MailLate)
			continue
		}
		f := w.Facts
		for _, line := range [][2]string{
			{f.Payments, fmt.Sprintf("%d · %s", r.Theirs.Payments, r.Theirs.Gross)},
			{f.Refunds, fmt.Sprintf("%d · %s", r.Theirs.Refunds, r.Theirs.Refunded)},
			{f.Fee, r.Theirs.Fee.Round().String()},
			{f.Net, r.Theirs.Net().String()},
			{f.Open, fmt.Sprintf("%d · %s", r.Exceptions.Open, r.Exceptions.OpenAmount)},
		} {
			fmt.Fprintf(&b, "  %s: %s\n", line[0], line[1])
		}
		if r.Balance != nil {
			fmt.Fprintf(&b, "  %s: %s → %s: %s\n", f.Opening, r.Balance.Opening, f.Closing, r.Balance.Closing)
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%s%s\n\n%s\n", w.MailLink, link, w.MailFoot)
	return Mail{Subject: fmt.Sprintf(w.MailSubject, merchant, d.Day, word(w.Statuses, d.Status)), Text: b.String()}
}
