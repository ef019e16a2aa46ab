package dbcheck

import (
	"os"
	"testing"

	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/sql"
)

func TestBothFoldersOfMigrationsMakeTheSameSchema(t *testing.T) {
	for name, m := range map[string]db.Migrations{"platform": sql.Platform(), "sandbox": sql.Sandbox()} {
		t.Run(name, func(t *testing.T) {
			for _, p := range Migrations(m.Files) {
				t.Error(p)
			}
			differences, tables := compareEngines(t, m)
			for _, d := range differences {
				t.Error(d)
			}
			if tables == 0 {
				t.Error("no table was found")
			}
		})
	}
}

// compareEngines migrates both engines and returns how they differ, with what
// breaks an engine's own rules, and how many tables there are.
func compareEngines(t *testing.T, m db.Migrations) ([]string, int) {
	t.Helper()
	var schemas []Schema
	var differences []string
	for _, e := range engines(t, m) {
		schema, problems, err := e.Introspect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		schemas, differences = append(schemas, schema), append(differences, problems...)
	}
	differences = append(differences, Compare(schemas[0], "sqlite", schemas[1], "mysql")...)
	return differences, len(schemas[0])
}

func TestPlantedDifferencesBetweenTheFoldersAreFound(t *testing.T) {
	files := os.DirFS("testdata/migrations")
	wantProblems(t, Migrations(files), []string{
		"mysql/00002_only_sqlite.sql: is missing",
		"sqlite/00003_only_mysql.sql: is missing",
		"mysql/00004_two.sql: holds 2 statements",
		`mysql/00005_back.sql: has further goose marks`,
		`mysql/00006_words.sql: "system" is reserved`,
		"mysql/00007_rank.sql: TiDB cannot parse it",
		"mysql/00008_data.sql: inserts rows of its own",
		`mysql/00009_quoted.sql: quoted names hide reserved words`,
		"00004_two.sql: has the number of 00004_twin.sql",
		`sqlite/00005_back.sql: does not begin with`,
	})
	differences, _ := compareEngines(t, db.Migrations{Files: os.DirFS("testdata/schemas"), Table: "goose_planted"})
	wantTexts(t, differences, []string{
		"table lax is not STRICT",
		"column folded.name folds letters by utf8mb4_general_ci",
		"table only_mysql is missing in sqlite",
		"table only_sqlite is missing in mysql",
		"table pairs: column extra is {Kind: NotNull:false Default:} in sqlite, {Kind:INTEGER",
		"table pairs: column kind is {Kind:INTEGER",
		"table pairs: column nullable is {Kind:TEXT NotNull:false",
		"table pairs: column filled is {Kind:INTEGER NotNull:true Default:1} in sqlite, {Kind:INTEGER NotNull:true Default:0} in mysql",
		"table pairs: the primary key is (id) in sqlite, (id, kind) in mysql",
		"table pairs: index (UNIQUE nullable) is missing in mysql",
		"table pairs: index (nullable) is missing in sqlite",
		"table pairs: index (UNIQUE filled (partial)) is missing in mysql",
		"table pairs: 0 CHECK constraints in sqlite, 1 in mysql",
	})
}
