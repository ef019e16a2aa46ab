package merchants

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

const maxName = 64 // characters

// checkName trims a name that people gave something.
func checkName(field, name string) (string, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return "", app.InvalidField(field, "required", "a name is required")
	case utf8.RuneCountInString(name) > maxName:
		return "", app.InvalidField(field, "too_long", "a name has at most %d characters", maxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "", app.InvalidField(field, "bad_character", "a name is one line of text")
	}
	return name, nil
}

// channelID is what an app id, mchid or PID looks like at either channel.
var channelID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

func checkChannelID(field, id string) error {
	if !channelID.MatchString(id) {
		return app.InvalidField(field, "bad_format", "%s is 1 to 64 letters, digits, _ or -", field)
	}
	return nil
}

// checkPriority keeps an account's place in the order within reason.
func checkPriority(p int64) error {
	if p < 0 || p > 9999 {
		return app.InvalidField("priority", "out_of_range", "priority is 0 (first) to 9999 (last)")
	}
	return nil
}

// checkRate keeps a contracted fee rate within reason; NoRate is none.
func checkRate(r app.Rate) error {
	if r < NoRate || r > maxRate {
		return app.InvalidField("fee_rate", "out_of_range", "fee_rate is 0%% to 10%%, such as 0.60%%, or left out")
	}
	return nil
}

// maxRate is far above what either channel takes: 10 %.
const maxRate app.Rate = 100_000

// CheckAccountName reports what is wrong with an account's name: Invalid on field
// "name".
func CheckAccountName(name string) error {
	_, err := checkName("name", name)
	return err
}

// CheckAccountApps reports what is wrong with the apps of a new account, given
// what its credentials say: Invalid on a field of "app_ids".
func CheckAccountApps(c app.Channel, apps []AppInput, report channel.Report) error {
	given, err := appsOf(apps, report)
	if err != nil {
		return err
	}
	return checkApps(c, given)
}
