package wechat

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/downloader"
	"golang.org/x/sync/singleflight"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
)

const (
	// certificatesAge is when the set is fetched anew behind the next call.
	// WeChat asks for less than 12 hours.
	certificatesAge = 11 * time.Hour
	// unknownPause throttles fetches caused by unknown serials, which anybody
	// can put on a forged notification.
	unknownPause = time.Minute
	// emptyPause throttles fetches while there is no certificate at all.
	emptyPause   = 5 * time.Second
	fetchTimeout = 8 * time.Second
)

// certificates are one merchant's platform certificates, fetched by the SDK's
// downloader when first needed, again when they are old, and once more when a
// serial is unknown. Each account has its own: the SDK's manager knows only
// mchids, so that test and live would share, and a panic in its goroutine
// would end the process.
type certificates struct {
	boot     *core.Client // does not verify: each certificate is sealed with the APIv3 key
	apiV3Key string
	clock    app.Clock

	current atomic.Pointer[certificateSet]
	fetches singleflight.Group // one fetch at a time
	mu      sync.Mutex         // of what follows; no fetch holds it
	tried   time.Time
	lastErr error
}

type certificateSet struct {
	*downloader.CertificateDownloader
	fetched time.Time
}

var _ core.CertificateGetter = (*certificates)(nil)

func newCertificates(boot *core.Client, apiV3Key string, clock app.Clock) *certificates {
	return &certificates{boot: boot, apiV3Key: apiV3Key, clock: clock}
}

// ensure makes sure that there are certificates, and reports why there are
// none.
func (s *certificates) ensure(ctx context.Context) error {
	if s.empty() {
		return s.fetch(ctx, emptyPause)
	}
	s.renew()
	return nil
}

// renew fetches an old set anew, in the background: what is held serves until
// then. Without a set it does nothing.
func (s *certificates) renew() {
	if set := s.current.Load(); set != nil && s.clock.Now().Sub(set.fetched) > certificatesAge {
		go func() { _ = s.fetch(context.Background(), unknownPause) }() // state tells its error
	}
}

// Get returns the certificate of a serial. An unknown one makes it fetch the
// set again, at most once a minute; a public key's id never does.
func (s *certificates) Get(ctx context.Context, serial string) (*x509.Certificate, bool) {
	pause := emptyPause
	if set := s.current.Load(); set != nil {
		if certificate, ok := set.Get(ctx, serial); ok {
			return certificate, true
		}
		pause = unknownPause
	}
	if strings.HasPrefix(serial, publicKeyPrefix) || s.fetch(ctx, pause) != nil {
		return nil, false
	}
	return s.current.Load().Get(ctx, serial)
}

// GetAll returns all certificates by serial.
func (s *certificates) GetAll(ctx context.Context) map[string]*x509.Certificate {
	if set := s.current.Load(); set != nil {
		return set.GetAll(ctx)
	}
	return nil
}

// GetNewestSerial returns the serial that answers should be signed with, ""
// while there is none.
func (s *certificates) GetNewestSerial(ctx context.Context) string {
	if set := s.current.Load(); set != nil {
		return set.GetNewestSerial(ctx)
	}
	return ""
}

// empty reports whether no certificate was ever fetched.
func (s *certificates) empty() bool { return s.current.Load() == nil }

// fetch downloads the set unless that was tried within the pause; then it
// returns the last outcome. Concurrent callers share one download, which no
// single caller can cancel.
func (s *certificates) fetch(ctx context.Context, pause time.Duration) error {
	shared := s.fetches.DoChan("", func() (any, error) {
		var made []channel.Exchange
		err := s.fetchOnce(&made, pause)
		return made, err
	})
	select {
	case r := <-shared:
		for _, e := range r.Val.([]channel.Exchange) {
			channel.Record(ctx, e)
		}
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *certificates) fetchOnce(made *[]channel.Exchange, pause time.Duration) error {
	now := s.clock.Now()
	s.mu.Lock()
	tried, lastErr := s.tried, s.lastErr
	s.mu.Unlock()
	if !tried.IsZero() && now.Sub(tried) < pause {
		return lastErr
	}
	err := s.download(made, now)
	s.mu.Lock()
	s.tried, s.lastErr = now, err
	s.mu.Unlock()
	return err
}

func (s *certificates) download(made *[]channel.Exchange, now time.Time) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the SDK stumbled: %v", channel.ErrUnreadable, p)
		}
	}()
	ctx, cancel := context.WithTimeout(context.Background(), fetchTimeout)
	defer cancel()
	ctx = channel.WithRecorder(channel.WithOperation(ctx, "certificates"), func(e channel.Exchange) { *made = append(*made, e) })
	fresh, err := downloader.NewCertificateDownloaderWithClient(ctx, s.boot, s.apiV3Key)
	if err != nil {
		if strings.Contains(err.Error(), sdkCannotDecrypt) {
			err = fmt.Errorf("%w: %w", errDecrypt, err)
		}
		return err
	}
	s.current.Store(&certificateSet{CertificateDownloader: fresh, fetched: now})
	return nil
}

// errDecrypt: the APIv3 key does not open what WeChat sealed with it. The SDK says
// so in a text alone.
var errDecrypt = errors.New("the APIv3 key does not open the certificates")

const sdkCannotDecrypt = "decrypt downloaded certificate failed"
