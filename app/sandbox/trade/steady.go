package trade

import (
	"io"
	"net"
	"time"
)

// pieceTimeout is how long a client may take for a piece of a file.
const pieceTimeout = 30 * time.Second

// Steady gives each piece of a long file its own time to be sent over conn, where
// the server's would be for the whole of it.
func Steady(file io.ReadCloser, conn net.Conn) io.ReadCloser { return &steady{file, conn} }

type steady struct {
	io.ReadCloser
	conn net.Conn
}

// Read implements io.Reader.
func (s *steady) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if deadline := s.conn.SetWriteDeadline(time.Now().Add(pieceTimeout)); err == nil { //nolint:forbidigo // sockets keep the machine's time
		err = deadline
	}
	return n, err
}
