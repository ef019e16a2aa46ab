package bench

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/db"
	"github.com/piaohao/piaohao/sql"
)

// work is what one operation cannot avoid.
type work struct{ signatures, verifications, commits, roundTrips int }

// The floors. A create signs the order, verifies the answer, makes the order
// durable before it is sent and its outcome after, and is one request. A
// WeChat notification is verified and made durable; nothing is signed.
var (
	createWork       = work{signatures: 1, verifications: 1, commits: 2, roundTrips: 1}
	notificationWork = work{verifications: 1, commits: 1, roundTrips: 1}
)

// floor does the unavoidable work and nothing else, with the platform's own
// database layer and HTTP stack.
type floor struct {
	db      *db.DB
	key     *rsa.PrivateKey
	message []byte
	sealed  []byte // the message's signature
	url     string
	server  *fasthttp.Server
	http    *http.Client
}

// rowText is about what one of the platform's transactions writes.
var rowText = strings.Repeat("piaohao ", 150)

func newFloor(ctx context.Context, cfg Config) (*floor, error) {
	d, err := db.Open(ctx, db.Config{URL: cfg.Scratch})
	if err != nil {
		return nil, err
	}
	f := &floor{db: d, message: []byte(rowText), http: newClient(cfg.Clients)}
	if _, err := d.Migrate(ctx, sql.Platform()); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	if f.key, err = rsa.GenerateKey(rand.Reader, 2048); err == nil {
		f.sealed, err = f.sign()
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	f.url = "http://" + listener.Addr().String()
	f.server = &fasthttp.Server{NoDefaultServerHeader: true, Handler: func(c *fasthttp.RequestCtx) { c.SetBodyString(rowText) }}
	go func() { _ = f.server.Serve(listener) }()
	return f, nil
}

func (f *floor) close() error {
	f.http.CloseIdleConnections()
	return errors.Join(f.server.Shutdown(), f.db.Close())
}

// run does the work over and over for the time given.
func (f *floor) run(ctx context.Context, clients int, w work, span time.Duration) (rate, error) {
	before, start := ownCPU(), time.Now()
	n, err := drive(ctx, clients, start.Add(span), always, func(ctx context.Context, _ int) error { return f.once(ctx, w) })
	used := ownCPU() - before
	return rate{operations: n, wall: time.Since(start), platform: used}, err
}

func (f *floor) once(ctx context.Context, w work) error {
	for range w.roundTrips {
		if err := f.roundTrip(ctx); err != nil {
			return err
		}
	}
	for range w.signatures {
		if _, err := f.sign(); err != nil {
			return err
		}
	}
	for range w.verifications {
		sum := sha256.Sum256(f.message)
		if err := rsa.VerifyPKCS1v15(&f.key.PublicKey, crypto.SHA256, sum[:], f.sealed); err != nil {
			return err
		}
	}
	for range w.commits {
		if err := f.commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (f *floor) sign() ([]byte, error) {
	sum := sha256.Sum256(f.message)
	return rsa.SignPKCS1v15(rand.Reader, f.key, crypto.SHA256, sum[:])
}

func (f *floor) roundTrip(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, f.url, strings.NewReader(rowText))
	if err != nil {
		return err
	}
	res, err := f.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// commit makes one row durable.
func (f *floor) commit(ctx context.Context) error {
	now := time.Now()
	id := app.NewID(app.PrefixEvent, now)
	return f.db.InTx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO events (id, merchant_id, mode, type, object_id, payload, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			id, "mch_floor", app.Test, "floor.row", id, rowText, app.ToMillis(now))
		if err != nil {
			return fmt.Errorf("write the floor's row: %w", err)
		}
		return nil
	})
}

func newClient(connections int) *http.Client {
	t := &http.Transport{MaxIdleConns: 2 * connections, MaxIdleConnsPerHost: 2 * connections, IdleConnTimeout: 30 * time.Second}
	return &http.Client{Transport: t, Timeout: 20 * time.Second}
}
