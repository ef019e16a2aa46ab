package app

import (
	"crypto/rand"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// The prefixes of identifiers. An id is its prefix and a ULID, 30 characters
// for the four-letter prefixes, so attempts and refunds fit a channel's 32.
const (
	PrefixMerchant     = "mch_"
	PrefixAccount      = "acct_"
	PrefixDraft        = "drf_" // of an account that is being registered
	PrefixKey          = "key_"
	PrefixPayment      = "pay_"
	PrefixAttempt      = "att_"
	PrefixRefund       = "rfd_"
	PrefixEvent        = "evt_"
	PrefixEndpoint     = "whe_"
	PrefixDelivery     = "dlv_"
	PrefixUser         = "usr_"
	PrefixSession      = "ses_"
	PrefixAudit        = "aud_"
	PrefixIdentity     = "sid_"
	PrefixNotification = "ntf_"
	PrefixTimeline     = "tml_"
	PrefixRequest      = "req_"
	PrefixPasskey      = "pky_"
	PrefixLink         = "lnk_" // a user's identity at an identity provider
	PrefixApproval     = "apr_"
	PrefixRun          = "run_" // a reconciliation run
	PrefixBill         = "bil_" // a channel's file
	PrefixException    = "exc_"
	PrefixBatch        = "exb_" // exceptions worked through a spreadsheet
	PrefixStatement    = "stm_"
	PrefixExport       = "exp_" // a file made in the background
	PrefixPeriod       = "prd_" // a month that can be locked
	PrefixJobRun       = "jrn_" // one run of a background job
	PrefixView         = "viw_" // a list's filters under a name
	PrefixRole         = "rol_" // a role of a merchant's own
	PrefixInvitation   = "inv_"
	PrefixChange       = "chg_" // a change that waits for a second person
	PrefixApplication  = "apl_" // of somebody who wants to be a merchant
)

var idSource = struct {
	sync.Mutex
	entropy *ulid.MonotonicEntropy
}{entropy: ulid.Monotonic(rand.Reader, 0)}

// NewID returns prefix and a fresh ULID of the time at: sortable by creation
// within a process, unguessable between processes.
func NewID(prefix string, at time.Time) string {
	idSource.Lock()
	defer idSource.Unlock()
	return prefix + ulid.MustNew(ulid.Timestamp(at), idSource.entropy).String()
}

// FirstID returns the smallest id with the prefix made at or after the time, so
// that a range of creation times is a range of ids.
func FirstID(prefix string, at Millis) string {
	var id ulid.ULID
	// Only times beyond the year 10889 do not fit.
	_ = id.SetTime(uint64(max(at, 0)))
	return prefix + id.String()
}

// ValidID reports whether s is prefix and a ULID in canonical upper case.
func ValidID(prefix, s string) bool {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return false
	}
	id, err := ulid.ParseStrict(rest)
	return err == nil && id.String() == rest
}

// PlainASCII reports whether s is 1 to limit visible ASCII characters. What a
// client names things by is compared with ASCII columns, and some engines
// refuse the comparison of anything else with an error.
func PlainASCII(s string, limit int) bool {
	if s == "" || len(s) > limit {
		return false
	}
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// IDTime returns the creation time carried by an id made by NewID, and false
// when s is not one.
func IDTime(s string) (time.Time, bool) {
	_, rest, ok := strings.Cut(s, "_")
	if !ok {
		return time.Time{}, false
	}
	id, err := ulid.ParseStrict(rest)
	if err != nil {
		return time.Time{}, false
	}
	return ulid.Time(id.Time()), true
}
