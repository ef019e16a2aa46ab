package gallery

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/approvals"
	"github.com/piaohao/piaohao/app/payments"
	"github.com/piaohao/piaohao/web/i18n"
)

// sources returns the text of every file below root that keep accepts.
func sources(t *testing.T, root string, keep func(path string) bool) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !keep(path) {
			return err
		}
		text, err := os.ReadFile(path)
		b.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// templates is the source of all templates and view models, without what templ
// generates from them.
func templates(t *testing.T) string {
	return sources(t, "../templates", func(path string) bool {
		return strings.HasSuffix(path, ".templ") ||
			strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_templ.go") && !strings.HasSuffix(path, "_test.go")
	})
}

func localizer(t *testing.T) *i18n.Localizer {
	t.Helper()
	b, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return b.Localizer(i18n.EN)
}

func TestEveryKeyInTheTemplatesExists(t *testing.T) {
	l := localizer(t)
	used := regexp.MustCompile(`i18n\.[TN]\(ctx, "([^"]+)"[,)]`).FindAllStringSubmatch(templates(t), -1)
	if len(used) < 150 {
		t.Fatalf("only %d uses were found", len(used))
	}
	for _, m := range used {
		if !l.Has(m[1]) {
			t.Errorf("no sentence for %s", m[1])
		}
	}
}

func TestEveryKeyIsUsed(t *testing.T) {
	text := templates(t) + sources(t, "../../app/admin/console", func(path string) bool {
		return strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
	})
	composed := regexp.MustCompile(`"([a-z_]+\.[a-z_.]*)"`).FindAllStringSubmatch(text, -1)
	for _, key := range localizer(t).Keys() {
		if strings.Contains(text, `"`+key+`"`) {
			continue
		}
		found := false
		for _, m := range composed {
			found = found || strings.HasPrefix(key, m[1]) && (strings.HasSuffix(m[1], ".") || strings.HasSuffix(m[1], "_"))
		}
		// The account form composes its keys from the channel and the field.
		if !found && !strings.HasPrefix(key, "account_form.wechat_") && !strings.HasPrefix(key, "account_form.alipay_") {
			t.Errorf("%s is used nowhere", key)
		}
	}
}

func TestEveryCheckHasItsSentences(t *testing.T) {
	text := sources(t, "../../app/payments/channel", func(path string) bool { return filepath.Base(path) == "codes.go" })
	l := localizer(t)
	codes := regexp.MustCompile(`= "((?:wechat|alipay)\.[a-z0-9_]+)"`).FindAllStringSubmatch(text, -1)
	if len(codes) < 40 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	known := map[string]bool{}
	for _, m := range codes {
		known[m[1]] = true
		if !l.Has("check." + m[1]) {
			t.Errorf("%s has no sentence", m[1])
		}
		if !strings.HasSuffix(m[1], "_ok") && !l.Has("check_fix."+m[1]) {
			t.Errorf("%s does not say what to do", m[1])
		}
	}
	for _, key := range l.Keys() {
		code, ok := strings.CutPrefix(key, "check.")
		if live := regexp.MustCompile(`^(probe|order|draft)\.`); ok && !live.MatchString(code) && !known[code] {
			t.Errorf("%s translates a check that no adapter makes", key)
		}
	}
}

// TestEveryReasonAndFileHasItsSentences covers what live calls come to, and what
// files are that people hand in.
func TestEveryReasonAndFileHasItsSentences(t *testing.T) {
	text := sources(t, "../../app/payments/channel", func(path string) bool {
		return filepath.Base(path) == "reason.go" || filepath.Base(path) == "files.go" || filepath.Base(path) == "sort.go"
	})
	l := localizer(t)
	reasons := regexp.MustCompile(`\n\t[rR]eason\w+ += "([a-z0-9_]+)"`).FindAllStringSubmatch(text, -1)
	if len(reasons) < 25 {
		t.Fatalf("only %d reasons were found", len(reasons))
	}
	for _, m := range reasons {
		if !l.Has("check.probe."+m[1]) || !l.Has("check_fix.probe."+m[1]) {
			t.Errorf("%s does not say what went wrong or what to do", m[1])
		}
	}
	files := regexp.MustCompile(`\n\t(?:file|Useless)\w+ += "((?:[a-z]+\.)?file_[a-z0-9_]+)"`).FindAllStringSubmatch(text, -1)
	if len(files) < 20 {
		t.Fatalf("only %d codes of files were found", len(files))
	}
	for _, m := range files {
		if !l.Has("file_is." + m[1]) {
			t.Errorf("%s does not say what the file is", m[1])
		}
	}
}

// TestEveryBrokenBillHasItsSentences covers the reader's codes and the run's own.
func TestEveryBrokenBillHasItsSentences(t *testing.T) {
	text := sources(t, "../../app/payments/channel", func(path string) bool { return filepath.Base(path) == "bill_read.go" }) +
		sources(t, "../../app/reconcile", func(path string) bool { return filepath.Base(path) == "run.go" })
	codes := regexp.MustCompile(`\n\t(?:Bill|Problem)[A-Z]\w+ += "([a-z_]+)"`).FindAllStringSubmatch(text, -1)
	if len(codes) < 25 {
		t.Fatalf("only %d codes were found", len(codes))
	}
	l := localizer(t)
	for _, m := range codes {
		if !l.Has("bill_problem."+m[1]) || !l.Has("bill_problem_do."+m[1]) {
			t.Errorf("%s does not say what is wrong or what to do", m[1])
		}
	}
}

func TestEveryTimelineMessageHasItsSentence(t *testing.T) {
	text := sources(t, "../../app/payments", func(path string) bool {
		return filepath.Dir(path) == "../../app/payments" && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
	})
	l := localizer(t)
	messages := regexp.MustCompile(`(?:Kind[A-Z]\w+, |Message(?: = |: ))"([a-z_]+\.[a-z_]+)"`).FindAllStringSubmatch(text, -1)
	if len(messages) < 6 {
		t.Fatalf("only %d messages were found", len(messages))
	}
	for _, m := range messages {
		if !l.Has("timeline." + m[1]) {
			t.Errorf("no sentence for the timeline's %s", m[1])
		}
	}
	calls := regexp.MustCompile(`\.call\(ctx, [^"\n]*"([a-z_]+)"`).FindAllStringSubmatch(text, -1)
	if len(calls) < 6 {
		t.Fatalf("only %d calls to the channels were found", len(calls))
	}
	for _, m := range calls {
		if !l.Has("timeline.channel." + m[1]) {
			t.Errorf("no sentence for the channel call %s", m[1])
		}
	}
	for _, status := range []string{"in_review", "created", "pending", "succeeded", "closed", "failed"} {
		if !l.Has("timeline.state."+status) || !l.Has("payment.next_"+status) || !l.Has("payment_status."+status) {
			t.Errorf("status %s lacks a sentence", status)
		}
	}
}

// TestEveryRefundMessageHasItsSentence covers the keys that are composed from a
// refund's or an approval's status.
func TestEveryRefundMessageHasItsSentence(t *testing.T) {
	l := localizer(t)
	var statuses []string
	for _, s := range payments.RefundStatuses {
		statuses = append(statuses, string(s))
		if !l.Has("refund_status." + string(s)) {
			t.Errorf("status %s of a refund has no word", s)
		}
	}
	for _, s := range approvals.Statuses {
		if !l.Has("approval_status." + string(s)) {
			t.Errorf("status %s of an approval has no word", s)
		}
		if s != approvals.Pending {
			statuses = append(statuses, string(s))
		}
	}
	for _, s := range statuses {
		if !l.Has("timeline.refund." + s) {
			t.Errorf("no sentence for the timeline's refund.%s", s)
		}
	}
	for _, o := range append(payments.NoticeOutcomes(), payments.NoticeConfirmed) {
		if !l.Has("notice_outcome." + string(o)) {
			t.Errorf("outcome %s of a case has no word", o)
		}
	}
}

func TestEveryJobHasItsSentence(t *testing.T) {
	table := sources(t, "../../cmd/server", func(path string) bool {
		return strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go")
	})
	jobs := regexp.MustCompile(`\{name: "([a-z_.]+)", spec: `).FindAllStringSubmatch(table, -1)
	if len(jobs) < 18 {
		t.Fatalf("only %d jobs were found", len(jobs))
	}
	l := localizer(t)
	for _, m := range jobs {
		if key := "job." + strings.ReplaceAll(m[1], ".", "_"); !l.Has(key) {
			t.Errorf("no sentence says what %s does: write %s", m[1], key)
		}
	}
}
