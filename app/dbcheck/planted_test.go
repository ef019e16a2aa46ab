package dbcheck

import (
	"strings"
	"testing"
)

func wantProblems(t *testing.T, got []Problem, want []string) {
	t.Helper()
	texts := make([]string, len(got))
	for i, p := range got {
		texts[i] = p.String()
	}
	wantTexts(t, texts, want)
}

// wantTexts fails unless each wanted text is found exactly once and nothing
// else is.
func wantTexts(t *testing.T, got, want []string) {
	t.Helper()
	for _, w := range want {
		n := 0
		for i := 0; i < len(got); i++ {
			if strings.Contains(got[i], w) {
				n++
				got = append(got[:i:i], got[i+1:]...)
				i--
			}
		}
		if n != 1 {
			t.Errorf("%q was found %d times, want once", w, n)
		}
	}
	for _, g := range got {
		t.Errorf("found too much: %s", g)
	}
}

func TestPlantedTextsThatCannotBeFollowedAreFound(t *testing.T) {
	_, problems, err := Find(root(t), "./app/dbcheck/testdata/unfollowed")
	if err != nil {
		t.Fatal(err)
	}
	const file = "app/dbcheck/testdata/unfollowed/store.go:"
	wantProblems(t, problems, []string{
		file + "15: the SQL given to Get is not a constant",
		file + "16: the SQL given to Select is not a constant",
		file + "17: the SQL given to Exec is not a constant",
		file + "18: the SQL given to Each is not a constant",
		file + "19: the SQL given to InsertRows is not a constant",
		file + "20: InsertRows repeats the tuple",
		file + "21: the SQL given to NewBuild is not a constant",
		file + "22: the SQL given to And is not a constant",
		file + "23: the SQL given to Tail is not a constant",
		file + "24: the SQL given to Exec is not a constant",
		file + "25: Exec is taken as a value",
		file + "34: the SQL given to Exec is not a constant",
		file + "39: no NewBuild leads to this And",
		file + "43: what And is called on cannot be followed",
	})
}

func TestPlantedStatementsAreRefused(t *testing.T) {
	statements, problems, err := Find(root(t), "./app/dbcheck/testdata/refused")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
	found := map[string]string{}
	for _, p := range check(t, statements) {
		found[p.At] += p.What + "\n"
	}
	const file = "app/dbcheck/testdata/refused/store.go:"
	for at, want := range map[string][]string{
		"13": {"sqlite refuses it: SQL logic error: no such table: missing_table", "mysql refuses it: Error 1146"},
		"14": {"sqlite refuses it: SQL logic error: no such column: colour", "mysql refuses it: Error 1054"},
		"15": {"TiDB cannot parse it"},
		"16": {"time comes from db.Now"},
		"17": {"|| joins on SQLite and means OR on MySQL"},
		"18": {"double quotes hold a name on SQLite"},
		"19": {"differs between the engines: compute in Go"},
		"20": {"OFFSET reads what it skips"},
		"21": {"row locks are not portable", "sqlite refuses it"},
		"22": {"upserts differ between the engines", "sqlite refuses it"},
		"23": {"upserts differ between the engines"},
		"24": {"TiDB cannot parse it", "mysql refuses it"},
		"25": {"it counts bytes on MySQL and characters on SQLite"},
		"26": {`"system" is reserved in MySQL 8.4`},
		"27": {"quoted names hide reserved words"},
		"28": {"it holds 2 statements"},
		"32": {"no such column: missing_alone"},
		"34": {"no such column: missing_tail"},
		"39": {"no such column: missing_passed"},
		"36": {"no such column: missing_returned"},
	} {
		for _, w := range want {
			if !strings.Contains(found[file+at], w) {
				t.Errorf("line %s: %q lacks %q", at, found[file+at], w)
			}
		}
		delete(found, file+at)
	}
	for at, what := range found {
		t.Errorf("found too much: %s: %s", at, what)
	}
}

func TestAStatementIsTriedInEveryForm(t *testing.T) {
	statements, problems, err := Find(root(t), "./app/dbcheck/testdata/forms")
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	var got []string
	for _, s := range statements {
		got = append(got, strings.TrimSpace(s.Text))
	}
	wantTexts(t, got, []string{
		"SELECT name FROM job_leases WHERE 1 = 1 ORDER BY name",
		"SELECT name FROM job_leases WHERE 1 = 1 AND (owner = ?) AND (fence > ?) ORDER BY name",
		"SELECT name FROM job_leases WHERE 1 = 1 AND (owner = ?) ORDER BY name",
		"SELECT name FROM job_leases WHERE 1 = 1 AND (fence > ?) ORDER BY name",
		"SELECT fence FROM job_leases WHERE 2 = 2",
		"UPDATE job_leases SET fence = 0",
	})
	for _, p := range check(t, statements) {
		t.Error(p)
	}
}
