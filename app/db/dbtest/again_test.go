package dbtest

import (
	"testing"

	"github.com/piaohao/piaohao/app/db"
)

func TestADatabaseThatIsUsedAgainIsAsTheMigrationsMakeIt(t *testing.T) {
	name := func(d *db.DB) (name string) {
		if err := d.Get(t.Context(), &name, `SELECT DATABASE()`); err != nil {
			t.Fatal(err)
		}
		return name
	}
	run := func(d *db.DB, statement string) {
		if _, err := d.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	server, err := mysqlServer()
	if err != nil {
		t.Fatal(err)
	}
	tables, err := migratedTables(server, apply(nil))
	if err != nil {
		t.Fatal(err)
	}
	var first, altered string
	t.Run("a test leaves rows and takes some", func(t *testing.T) {
		d := OpenMySQL(t)
		first = name(d)
		run(d, `INSERT INTO event_consumers (name, seq) VALUES ('left', 1)`)
		for _, table := range tables {
			if table.filled {
				run(d, `DELETE FROM `+table.name)
			}
		}
	})
	t.Run("the next finds none of that", func(t *testing.T) {
		d := OpenMySQL(t)
		if altered = name(d); altered != first {
			t.Errorf("%s was not used again, but %s", first, altered)
		}
		for _, table := range tables {
			var ours, theirs int
			if err := d.Get(t.Context(), &ours, `SELECT COUNT(*) FROM `+table.name); err != nil {
				t.Fatal(err)
			}
			if err := d.Get(t.Context(), &theirs, `SELECT COUNT(*) FROM `+table.database+`.`+table.name); err != nil {
				t.Fatal(err)
			}
			if ours != theirs {
				t.Errorf("%s has %d rows, after the migrations %d", table.name, ours, theirs)
			}
		}
		run(d, `ALTER TABLE event_consumers ADD COLUMN note BIGINT`)
	})
	t.Run("one that was changed is not used again", func(t *testing.T) {
		if next := name(OpenMySQL(t)); next == altered {
			t.Errorf("%s was used again", next)
		}
	})
}
