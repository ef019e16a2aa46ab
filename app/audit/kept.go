package audit

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/piaohao/piaohao/app"
)

// keptHead is one line of a file of heads, as JSON. Lines of the server's own
// log ("audit head") have the same fields, but no mac.
type keptHead struct {
	At    app.Millis `json:"at,omitempty"` // when it was the end of its chain
	Chain string     `json:"chain"`
	Seq   int64      `json:"seq"`
	Hash  string     `json:"hash"`
	MAC   string     `json:"mac,omitempty"`
}

// hashKept authenticates a line. It is another message than the head's own, with
// which the head could be put back.
func (l *Log) hashKept(k keptHead) string {
	m := hmac.New(sha256.New, l.key)
	write(m, keptLabel, k.Chain, k.Hash)
	writeInt(m, k.Seq)
	writeInt(m, int64(k.At))
	return hex.EncodeToString(m.Sum(nil))
}

// WriteHeads writes the heads as the lines of a file to be kept elsewhere, each
// under an HMAC.
func (l *Log) WriteHeads(ctx context.Context, to io.Writer, heads []Head) error {
	now, err := l.db.Now(ctx)
	if err != nil {
		return err
	}
	lines := json.NewEncoder(to)
	for _, h := range heads {
		k := keptHead{At: now, Chain: h.Chain, Seq: h.Seq, Hash: h.Hash}
		k.MAC = l.hashKept(k)
		if err := lines.Encode(k); err != nil {
			return fmt.Errorf("write the heads: %w", err)
		}
	}
	return nil
}

// ReadHeads reads heads that were kept: lines of WriteHeads, and those of the
// server's own log in JSON, among which any others are passed over. Invalid for
// a line that was written by WriteHeads and changed since, naming it.
func (l *Log) ReadHeads(from io.Reader) ([]Head, error) {
	var heads []Head
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		var k keptHead
		if json.Unmarshal(lines.Bytes(), &k) != nil || k.Chain == "" || k.Seq < 1 || k.Hash == "" {
			continue
		}
		if k.MAC != "" && !hmac.Equal([]byte(k.MAC), []byte(l.hashKept(k))) {
			return nil, app.Errorf(app.Invalid, "line %d (chain %s, row %d) is not what was written, or was written under another audit key", n, k.Chain, k.Seq)
		}
		heads = append(heads, Head{Chain: k.Chain, Seq: k.Seq, Hash: k.Hash})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the heads: %w", err)
	}
	return heads, nil
}
