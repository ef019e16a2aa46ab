package dbtest

import (
	"context"
	"fmt"
	"os"
	"sync"

	"github.com/piaohao/piaohao/app/db"
)

// migrated are the databases of this process that others are copied from, by
// their migrations. They go with the private server.
var migrated struct {
	sync.Mutex
	tables map[string][]migratedTable
}

// migratedTable is a table of a migrated database; filled ones have rows from
// the migrations.
type migratedTable struct {
	database, name string
	filled         bool
}

// copyTables gives an empty database the tables, with the rows that the
// migrations fill them with. Making them anew would take most of the time of many
// tests.
func (s *server) copyTables(name string, tables []migratedTable) error {
	for _, table := range tables {
		if _, err := s.admin.Exec("CREATE TABLE " + name + "." + table.name + " LIKE " + table.database + "." + table.name); err != nil {
			return err
		}
		if err := s.fill(name, table); err != nil {
			return err
		}
	}
	return nil
}

func (s *server) fill(name string, table migratedTable) error {
	if !table.filled {
		return nil
	}
	_, err := s.admin.Exec("INSERT INTO " + name + "." + table.name + " SELECT * FROM " + table.database + "." + table.name)
	return err
}

func migratedTables(server *server, s settings) ([]migratedTable, error) {
	migrated.Lock()
	defer migrated.Unlock()
	key := s.key()
	if tables, ok := migrated.tables[key]; ok {
		return tables, nil
	}
	name := fmt.Sprintf("template_%d_%d", os.Getpid(), databases.Add(1))
	if _, err := server.admin.Exec("CREATE DATABASE " + name + " DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		return nil, err
	}
	ctx := context.Background()
	d, err := db.Open(ctx, db.Config{URL: "mysql:" + server.dsn(name), MaxConns: 2})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	for _, m := range s.migrations {
		if _, err := d.Migrate(ctx, m); err != nil {
			return nil, err
		}
	}
	names, err := tableNames(server, name)
	if err != nil {
		return nil, err
	}
	var tables []migratedTable
	for _, table := range names {
		var rows int
		if err := server.admin.QueryRow("SELECT COUNT(*) FROM " + name + "." + table).Scan(&rows); err != nil {
			return nil, err
		}
		tables = append(tables, migratedTable{name, table, rows > 0})
	}
	if migrated.tables == nil {
		migrated.tables = map[string][]migratedTable{}
	}
	migrated.tables[key] = tables
	return tables, nil
}

func tableNames(server *server, database string) ([]string, error) {
	rows, err := server.admin.Query("SELECT table_name FROM information_schema.tables WHERE table_schema = ?", database)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
