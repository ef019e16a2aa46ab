// Package sql holds the migrations: the same numbers in mysql/ and sqlite/,
// forward only. The sandbox keeps tables of its own under sandbox/.
package sql

import (
	"embed"
	"io/fs"

	"github.com/piaohao/piaohao/app/db"
)

//go:embed mysql/*.sql sqlite/*.sql
var platform embed.FS

//go:embed sandbox/mysql/*.sql sandbox/sqlite/*.sql
var sandbox embed.FS

// Platform returns the platform's migrations.
func Platform() db.Migrations { return db.Migrations{Files: platform, Table: "goose_db_version"} }

// Sandbox returns the sandbox's migrations, for its own database or beside the
// platform's: its tables begin with "sandbox_".
func Sandbox() db.Migrations {
	sub, err := fs.Sub(sandbox, "sandbox")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	return db.Migrations{Files: sub, Table: "sandbox_goose_version"}
}
