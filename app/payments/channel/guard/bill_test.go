package guard_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/guard"
)

// biller is a script that has bills. The application is answered at once when it
// says so, and the file takes as long as a call.
type biller struct {
	script
	applied bool
}

func (b *biller) DownloadBill(ctx context.Context, _ channel.BillRequest, _ io.Writer) (channel.BillFile, error) {
	if b.applied {
		channel.Record(ctx, channel.Exchange{Status: 200})
	}
	return channel.BillFile{Name: "bill"}, b.call(ctx)
}

func download(t *testing.T, c channel.Client) (channel.BillFile, error) {
	t.Helper()
	return c.(channel.BillDownloader).DownloadBill(t.Context(), channel.BillRequest{}, io.Discard)
}

func TestADownloadPassesUnderTheCircuit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, b := open(guard.Settings{}), &biller{}
		c := r.Client(r.account, b)
		if file, err := download(t, c); err != nil || file.Name != "bill" {
			t.Fatalf("%+v %v", file, err)
		}
		for _, kind := range []channel.Kind{channel.KindNotReady, channel.KindNoBill, channel.KindCorrupt, channel.KindRefused} {
			b.answer = fails(kind)
			for range 30 {
				if _, err := download(t, c); channel.KindOf(err) != kind {
					t.Fatalf("%v, want %s", err, kind)
				}
			}
		}
		disk := errors.New("no space left on device")
		b.answer = func(int) error { return disk }
		for range 30 {
			if _, err := download(t, c); err != disk {
				t.Fatalf("%v, want the writer's own error", err)
			}
		}
		made := b.made()
		b.answer = fails(channel.KindUnknown)
		for range 5 {
			if _, err := download(t, c); channel.KindOf(err) != channel.KindUnknown {
				t.Fatal(err)
			}
		}
		if b.made() != made+5 {
			t.Errorf("%d calls for 5 downloads", b.made()-made)
		}
		_, err := download(t, c)
		wantHeld(t, err, guard.CodeCircuitOpen, 10*time.Second)
	})
}

// TestADownloadPausesWithItsAccount: it is not what a payer waits for.
func TestADownloadPausesWithItsAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, b := open(guard.Settings{}), &biller{script: script{answer: fails(channel.KindRateLimited)}}
		c := r.Client(r.account, b)
		if _, err := download(t, c); channel.KindOf(err) != channel.KindRateLimited {
			t.Fatal(err)
		}
		_, err := download(t, c)
		wantHeld(t, err, guard.CodePaused, time.Minute)
	})
}

// TestALongFileDoesNotHoldPayments: once the application is answered the circuit
// is closed, while the file still comes.
func TestALongFileDoesNotHoldPayments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, b := open(guard.Settings{}), &biller{script: script{answer: fails(channel.KindUnknown)}}
		c := r.Client(r.account, b)
		for range 5 {
			_, _ = download(t, c)
		}
		time.Sleep(11 * time.Second)
		b.applied, b.takes, b.answer = true, 5*time.Minute, nil
		ended := make(chan error, 1)
		go func() {
			_, err := download(t, c)
			ended <- err
		}()
		synctest.Wait()
		b.mu.Lock()
		b.takes = 0
		b.mu.Unlock()
		if _, err := c.Query(t.Context(), "att_1"); err != nil {
			t.Errorf("a query while the file comes: %v", err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAChannelWithoutBillsSaysSo(t *testing.T) {
	r := open(guard.Settings{})
	_, err := download(t, r.client)
	var said *channel.Error
	if !errors.As(err, &said) || said.Kind != channel.KindRefused || said.Code != guard.CodeNoBills || said.Channel != app.WeChat {
		t.Errorf("%v", err)
	}
}
