package statements

// words are what files and mails say in one language. The console has
// translations of its own; files outlive it and stand alone.
type words struct {
	locale string

	Lines, Summary, Month, Days, Signatures string // names of sheets and titles
	Total, Handled, Checked, Date           string
	Columns                                 columnWords
	Facts                                   factWords
	Channels                                map[string]string
	Kinds                                   map[string]string
	Classes                                 map[string]string
	Statuses                                map[Status]string
	Settled                                 string            // reconciled, after differences
	Adjusted                                map[string]string // kinds of adjustments
	Modes                                   map[string]string
	Yes, No, Locked, Unassigned, Absent     string
	MailSubject, MailIntro, MailLate        string
	MailLink, MailFoot                      string
	Part                                    string
}

// columnWords head the columns of a file of lines.
type columnWords struct {
	Class, Also, Kind, OrderNo, PaymentID, Number, RefundNo, ChannelNo, ChannelRefundNo        string
	OurTime, OurState, OurAmount, OtherAmount, Time, State, Amount, Settlement, Fee, Rate, Net string
	Difference, Row                                                                            string
}

// factWords name the figures of a summary.
type factWords struct {
	Merchant, Mode, Channel, Identity, SubIdentity, Account, Date, Month, Status, Made  string
	OurPayments, OurGross, OurRefunds, OurRefunded                                      string
	Payments, Gross, Settlement, Refunds, Refunded, RefundedSettlement, Fee, Net        string
	Matched, InTransit, Differing, DifferingAmount, Exceptions, Open, Adjustments       string
	Opening, Income, Outgoing, Closing, Carried, LockedAt, Handled, Checked, Difference string
}

// Locales are the languages in which files can be made.
var Locales = []string{"zh-CN", "en"}

// wordsOf returns the words of a locale; of an unknown one the Chinese.
func wordsOf(locale string) words {
	if locale == "en" {
		return english
	}
	return chinese
}

// status is a day's or a statement's state, as the console says it.
func (w words) status(s Status, of Open) string {
	if s == Reconciled && of.Total > 0 {
		return w.Settled
	}
	return word(w.Statuses, s)
}

// word looks one up, and shows what has none as it is.
func word[K ~string](all map[K]string, key K) string {
	if w := all[key]; w != "" {
		return w
	}
	return string(key)
}
