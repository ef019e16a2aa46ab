package dbtest

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/oklog/ulid/v2"
)

// Table is one table's part in a family of rows.
type Table struct {
	Name string
	// Where selects the rows by the object's id: "payment_id = ?".
	Where string
	// Every says that only every n-th copy has rows here; 0 is all.
	Every int
	// Serial is a column that is unique by counting, such as events.seq. Copies
	// count on from the greatest there is, or from After where that is more.
	Serial string
	After  int64
	// Differs are columns whose values must differ in each copy besides ids.
	Differs []string
}

// Family is an object with its rows in several tables, made by the product
// itself, of which there shall be many.
type Family struct {
	ID     string   // the object's
	Words  []string // what must differ in each copy besides ids: natural keys
	Tables []Table
}

// Multiply copies a family n times into a MariaDB or MySQL: with ids of their
// own, their times spread over the span before the original's. Rows, and what
// refers to them, stay what the product writes, whatever columns it has.
func Multiply(t testing.TB, url string, f Family, n int, span time.Duration) {
	t.Helper()
	config, err := mysql.ParseDSN(strings.TrimPrefix(url, "mysql:"))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("mysql", config.FormatDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	original := readFamily(t, pool, &f)
	for i, rows := range original {
		if len(rows.values) > 0 {
			load(t, pool, f, i, original, n, span)
		}
	}
}

// rowsOf are a table's rows as text; a nil value is NULL.
type rowsOf struct {
	columns []string
	values  [][]*string
	serial  int64 // the greatest there is
}

// readFamily reads the rows, and adds to the words what must differ in them.
func readFamily(t testing.TB, pool *sql.DB, f *Family) []rowsOf {
	t.Helper()
	var all []rowsOf
	for _, table := range f.Tables {
		r := rowsOf{}
		if err := r.read(pool, table, f.ID); err != nil {
			t.Fatalf("read %s: %v", table.Name, err)
		}
		all = append(all, r)
		f.Words = append(f.Words, r.of(table.Differs)...)
	}
	return all
}

// of returns the values of columns, each once.
func (r *rowsOf) of(columns []string) []string {
	var words []string
	for _, values := range r.values {
		for i, column := range r.columns {
			if slices.Contains(columns, column) && values[i] != nil && !slices.Contains(words, *values[i]) {
				words = append(words, *values[i])
			}
		}
	}
	return words
}

func (r *rowsOf) read(pool *sql.DB, table Table, id string) error {
	ids := slices.Repeat([]any{id}, strings.Count(table.Where, "?"))
	rows, err := pool.Query("SELECT * FROM "+table.Name+" WHERE "+table.Where, ids...)
	if err != nil {
		return err
	}
	defer rows.Close()
	if r.columns, err = rows.Columns(); err != nil {
		return err
	}
	for rows.Next() {
		values := make([]*string, len(r.columns))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		r.values = append(r.values, values)
	}
	if err := rows.Err(); err != nil || table.Serial == "" {
		return err
	}
	err = pool.QueryRow("SELECT COALESCE(MAX(" + table.Serial + "), 0) FROM " + table.Name).Scan(&r.serial)
	r.serial = max(r.serial, table.After)
	return err
}

// load writes the copies of one table's rows through LOAD DATA, which takes a
// tenth of the time of inserts.
func load(t testing.TB, pool *sql.DB, f Family, at int, original []rowsOf, n int, span time.Duration) {
	t.Helper()
	table, rows := f.Tables[at], original[at]
	ids := familyIDs(f, original)
	reader, writer := io.Pipe()
	name := fmt.Sprintf("multiply-%s-%s", f.ID, table.Name)
	mysql.RegisterReaderHandler(name, func() io.Reader { return reader })
	defer mysql.DeregisterReaderHandler(name)
	var written int64
	go func() {
		var b bytes.Buffer
		serial := rows.serial
		for i := range n {
			if table.Every > 1 && i%table.Every != 0 {
				continue
			}
			earlier := time.Duration(int64(span) / int64(n) * int64(i))
			renamed := rename(f, ids, i, earlier)
			for _, values := range rows.values {
				serial++
				written++
				writeRow(&b, rows.columns, values, table.Serial, serial, renamed, earlier)
			}
			if b.Len() > 1<<20 {
				if _, err := writer.Write(b.Bytes()); err != nil {
					return // the statement has failed and says why
				}
				b.Reset()
			}
		}
		_, err := writer.Write(b.Bytes())
		_ = writer.CloseWithError(err)
	}()
	result, err := pool.Exec("LOAD DATA LOCAL INFILE 'Reader::" + name + "' INTO TABLE " + table.Name + " CHARACTER SET utf8mb4")
	_ = reader.Close()
	if err != nil {
		t.Fatalf("multiply %s: %v", table.Name, err)
	}
	if stored, err := result.RowsAffected(); err != nil || stored != written { // duplicates are passed over in silence
		t.Fatalf("multiply %s: %d of %d copies are there, %v: name in Words what must differ", table.Name, stored, written, err)
	}
}

// familyIDs finds the ids that are the family's own: those of its rows.
func familyIDs(f Family, original []rowsOf) []string {
	ids := []string{f.ID}
	for _, rows := range original {
		for _, values := range rows.values {
			if id := values[0]; rows.columns[0] == "id" && id != nil && !slices.Contains(ids, *id) {
				ids = append(ids, *id)
			}
		}
	}
	return ids
}

// rename replaces the family's ids by those of a copy, wherever they stand.
func rename(f Family, ids []string, copied int, earlier time.Duration) *strings.Replacer {
	var pairs []string
	for k, id := range ids {
		prefix, text, _ := strings.Cut(id, "_")
		old, err := ulid.ParseStrict(text)
		if err != nil {
			continue // not an id of ours
		}
		var now ulid.ULID
		_ = now.SetTime(uint64(int64(old.Time()) - earlier.Milliseconds())) // fails before 1970
		binary.BigEndian.PutUint16(now[6:], uint16(k))
		binary.BigEndian.PutUint64(now[8:], (uint64(copied)+1)*0x9e3779b97f4a7c15^binary.BigEndian.Uint64(old[8:]))
		pairs = append(pairs, id, prefix+"_"+now.String())
	}
	for _, word := range f.Words {
		pairs = append(pairs, word, word+"-"+strconv.Itoa(copied))
	}
	return strings.NewReplacer(pairs...)
}

// dayBefore is the day that lies earlier, in whole days; "" stays.
func dayBefore(day string, earlier time.Duration) string {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return at.Add(-earlier.Truncate(24 * time.Hour)).Format(time.DateOnly)
}

var escaped = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`)

func writeRow(b *bytes.Buffer, columns []string, values []*string, serialColumn string, serial int64, renamed *strings.Replacer, earlier time.Duration) {
	for i, column := range columns {
		if i > 0 {
			b.WriteByte('\t')
		}
		switch value := values[i]; {
		case column == serialColumn:
			b.WriteString(strconv.FormatInt(serial, 10))
		case value == nil:
			b.WriteString(`\N`)
		case column == "day":
			b.WriteString(dayBefore(*value, earlier))
		case strings.HasSuffix(column, "_at") && *value != "0":
			at, err := strconv.ParseInt(*value, 10, 64)
			if err != nil {
				b.WriteString(*value)
				continue
			}
			b.WriteString(strconv.FormatInt(at-earlier.Milliseconds(), 10))
		default:
			_, _ = escaped.WriteString(b, renamed.Replace(*value))
		}
	}
	b.WriteByte('\n')
}
