package audit

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// Head is the end of a chain: how many rows it has and the last one's hash.
type Head struct {
	Chain string `db:"chain"`
	Seq   int64  `db:"seq"`
	Hash  string `db:"hash"`
	MAC   string `db:"mac"`
}

// Each kind of message has its own label, so that one can never pass as the
// other under the same key.
const (
	rowLabel1 = "piaohao audit row 1"
	rowLabel  = "piaohao audit row 2"
	headLabel = "piaohao audit head 1"
	keptLabel = "piaohao audit kept head 1"
)

// hashRow authenticates everything of the row but its hash. Rows of version 1
// are from before sessions, agents and names were kept.
func (l *Log) hashRow(r *Row) string {
	m := hmac.New(sha256.New, l.key)
	label := rowLabel
	if r.Version == 1 {
		label = rowLabel1
	}
	write(m, label, r.PrevHash, r.ID, r.Chain,
		r.ActorKind, r.ActorID, r.ActorName, r.ActorIP,
		r.Action, r.Target, r.Before, r.After, r.RequestID)
	if r.Version != 1 {
		write(m, r.Session, r.Agent, r.Name)
	}
	writeInt(m, r.Seq)
	writeInt(m, int64(r.CreatedAt))
	return hex.EncodeToString(m.Sum(nil))
}

func (l *Log) hashHead(h Head) string {
	m := hmac.New(sha256.New, l.key)
	write(m, headLabel, h.Chain, h.Hash)
	writeInt(m, h.Seq)
	return hex.EncodeToString(m.Sum(nil))
}

func (l *Log) headGenuine(h Head) bool {
	return hmac.Equal([]byte(h.MAC), []byte(l.hashHead(h)))
}

// rowGenuine also holds what the hash leaves out to what it must be: nothing in
// a row of version 1, and the name as it is searched for.
func (l *Log) rowGenuine(r *Row) bool {
	if r.Version != 1 && r.Version != 2 || r.NameKey != nameKey(r.Name) || r.Version == 1 && r.Session+r.Agent+r.Name != "" {
		return false
	}
	return hmac.Equal([]byte(r.Hash), []byte(l.hashRow(r)))
}

// write puts each text behind its length, so that no text can be moved across
// a field's border without changing the message.
func write(m hash.Hash, texts ...string) {
	for _, t := range texts {
		writeInt(m, int64(len(t)))
		m.Write([]byte(t))
	}
}

func writeInt(m hash.Hash, v int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(v))
	m.Write(b[:])
}
