package dbtest

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// Proxy stands between a program and its MySQL and can lose the answer to a
// COMMIT: the server has committed, and the program cannot know.
type Proxy struct {
	listener net.Listener
	upstream string
	url      string

	mu   sync.Mutex
	lose func(statements []string) bool
	lost int
}

// NewProxy returns a proxy in front of the database of url, open until the test
// ends.
func NewProxy(t testing.TB, url string) *Proxy {
	t.Helper()
	cfg, err := mysql.ParseDSN(strings.TrimPrefix(url, "mysql:"))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: listener, upstream: cfg.Addr}
	cfg.Addr = listener.Addr().String()
	p.url = "mysql:" + cfg.FormatDSN()
	t.Cleanup(func() { _ = listener.Close() })
	go p.serve()
	return p
}

// URL is the database's through the proxy.
func (p *Proxy) URL() string { return p.url }

// LoseCommit loses the answer to the next COMMIT of a transaction for which
// which returns true, given the statements it has sent.
func (p *Proxy) LoseCommit(which func(statements []string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose = which
}

// Lost returns how many answers were lost.
func (p *Proxy) Lost() int { p.mu.Lock(); defer p.mu.Unlock(); return p.lost }

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.upstream)
		if err != nil {
			_ = client.Close()
			continue
		}
		go p.relay(client, server)
	}
}

// relay passes packets on until one side closes or an answer is lost.
func (p *Proxy) relay(client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	var mute sync.Mutex // held while answers may pass
	muted := false
	go func() {
		defer client.Close()
		defer server.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			mute.Lock()
			stop := err != nil || muted
			mute.Unlock()
			if stop {
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	var statements []string
	for in := bufio.NewReader(client); ; {
		packet, err := readPacket(in)
		if err != nil {
			return
		}
		if text, ok := strings.CutPrefix(string(packet[4:]), "\x03"); ok { // COM_QUERY
			if text == "COMMIT" && p.takes(statements) {
				mute.Lock()
				muted = true
				mute.Unlock()
			}
			statements = remember(statements, text)
		}
		if _, err := server.Write(packet); err != nil {
			return
		}
	}
}

// remember keeps the statements of the transaction that is open.
func remember(statements []string, text string) []string {
	if text == "COMMIT" || text == "ROLLBACK" || strings.HasPrefix(text, "START TRANSACTION") {
		return nil
	}
	return append(statements, text)
}

func (p *Proxy) takes(statements []string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.lose == nil || !p.lose(statements) {
		return false
	}
	p.lose = nil
	p.lost++
	return true
}

// readPacket reads one packet of the MySQL protocol with its header: three
// bytes of length, little-endian, and a sequence number.
func readPacket(r io.Reader) ([]byte, error) {
	header := make([]byte, 4)
	if _, err := io.ReadFull(r, header); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32([]byte{header[0], header[1], header[2], 0})
	packet := append(header, make([]byte, size)...)
	_, err := io.ReadFull(r, packet[4:])
	return packet, err
}
