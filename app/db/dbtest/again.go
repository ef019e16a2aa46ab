package dbtest

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// again are the migrated databases of this process that tests are done with, by
// their migrations. Emptying one takes a fraction of what making one does.
var again struct {
	sync.Mutex
	names map[string][]string
}

// tooMany is how many rows of a table are not worth deleting one by one.
const tooMany = 2000

// lend returns the name of a database with the tables that the migrations make
// and their first rows, and what to call when the test is done with it.
func lend(s settings) (name string, done func() error, err error) {
	server, err := mysqlServer()
	if err != nil {
		return "", nil, err
	}
	tables, err := migratedTables(server, s)
	if err != nil {
		return "", nil, err
	}
	changes, err := server.changes()
	if err != nil {
		return "", nil, err
	}
	if name = takeAgain(s.key()); name == "" {
		if name, err = server.create(); err == nil {
			err = server.copyTables(name, tables)
		}
	}
	return name, func() error {
		now, err := server.changes()
		if err != nil || now != changes || server.shared || !server.empty(name, tables) {
			return server.drop(name)
		}
		keepAgain(s.key(), name)
		return nil
	}, err
}

func keepAgain(key, name string) {
	again.Lock()
	defer again.Unlock()
	if again.names == nil {
		again.names = map[string][]string{}
	}
	again.names[key] = append(again.names[key], name)
}

func takeAgain(key string) string {
	again.Lock()
	defer again.Unlock()
	names := again.names[key]
	if len(names) == 0 {
		return ""
	}
	name := names[len(names)-1]
	again.names[key] = names[:len(names)-1]
	return name
}

// changes counts what has changed the form of a table anywhere on the server, but
// for tables made and databases dropped.
func (s *server) changes() (int64, error) {
	found, err := s.admin.Query(`SHOW GLOBAL STATUS WHERE variable_name IN
 ('Com_alter_table', 'Com_drop_table', 'Com_create_index', 'Com_drop_index', 'Com_rename_table', 'Com_create_trigger')`)
	if err != nil {
		return 0, err
	}
	defer found.Close()
	var sum int64
	for found.Next() {
		var name string
		var n int64
		if err := found.Scan(&name, &n); err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, found.Err()
}

// create makes an empty database.
func (s *server) create() (string, error) {
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), databases.Add(1))
	_, err := s.admin.Exec("CREATE DATABASE " + name + " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
	return name, err
}

func (s *server) drop(name string) error {
	_, err := s.admin.Exec("DROP DATABASE " + name)
	return err
}

// empty brings a database back to what copyTables made of it, and reports
// whether it could: nobody may be connected to it, no table may have been added,
// and none may hold very much.
func (s *server) empty(name string, tables []migratedTable) bool {
	if !s.left(name) {
		return false
	}
	if names, err := tableNames(s, name); err != nil || len(names) != len(tables) {
		return false
	}
	rows, err := s.rows(name, tables)
	if err != nil {
		return false
	}
	for _, table := range tables {
		n := rows[table.name]
		if n > tooMany {
			return false
		}
		if n == 0 && !table.filled {
			continue
		}
		if _, err := s.admin.Exec("DELETE FROM " + name + "." + table.name); err != nil {
			return false
		}
		if s.fill(name, table) != nil {
			return false
		}
	}
	return true
}

// left waits a while until the connections to a database have ended, and reports
// whether they have.
func (s *server) left(name string) bool {
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		var n int
		if err := s.admin.QueryRow("SELECT COUNT(*) FROM information_schema.processlist WHERE db = ?", name).Scan(&n); err != nil {
			return false
		}
		if n == 0 {
			return true
		}
	}
	return false
}

// rows counts the rows of each table, just beyond tooMany at most.
func (s *server) rows(name string, tables []migratedTable) (map[string]int, error) {
	var counts []string
	for _, t := range tables {
		counts = append(counts, fmt.Sprintf("SELECT '%s', COUNT(*) FROM (SELECT 1 FROM %s.%s LIMIT %d) t", t.name, name, t.name, tooMany+1))
	}
	found, err := s.admin.Query(strings.Join(counts, " UNION ALL "))
	if err != nil {
		return nil, err
	}
	defer found.Close()
	rows := map[string]int{}
	for found.Next() {
		var table string
		var n int
		if err := found.Scan(&table, &n); err != nil {
			return nil, err
		}
		rows[table] = n
	}
	return rows, found.Err()
}
