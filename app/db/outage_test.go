package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/piaohao/piaohao/app"
)

func TestOnlyTroubleOfTheServerIsUnavailable(t *testing.T) {
	my := func(n uint16) error { return fmt.Errorf("insert: %w", &mysql.MySQLError{Number: n, Message: "m"}) }
	for _, err := range []error{
		my(1290), my(1836), my(1114), my(1021), my(1040), my(1053), my(1213), my(1205), my(1047), my(1317),
		driver.ErrBadConn, mysql.ErrInvalidConn, ErrCommitUnknown, context.DeadlineExceeded,
		&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED},
	} {
		got := outage(err)
		if app.CodeOf(got) != app.Unavailable {
			t.Errorf("%v is %s, want unavailable", err, app.CodeOf(got))
		}
		if !errors.Is(got, err) {
			t.Errorf("%v is no longer found in %v", err, got)
		}
	}
	for _, err := range []error{my(1062), my(1064), my(1146), my(4025), sql.ErrNoRows, context.Canceled, errors.New("bug")} {
		if got := outage(err); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
	if outage(nil) != nil {
		t.Error("nothing became an error")
	}
}

func TestAConflictIsRetriedEvenThoughItIsUnavailable(t *testing.T) {
	if !isConflict(outage(&mysql.MySQLError{Number: 1213})) {
		t.Error("a deadlock would not be retried")
	}
	if isConflict(outage(fmt.Errorf("commit: %w (%w)", ErrCommitUnknown, mysql.ErrInvalidConn))) {
		t.Error("a commit of unknown outcome would be retried blindly")
	}
}
