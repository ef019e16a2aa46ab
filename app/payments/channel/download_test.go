package channel_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/piaohao/piaohao/app/payments/channel"
)

// TestRecordingFiles: a file passes as it is and is told by its length; what is
// no file is told as a call's answer is. Nothing tells the address's secrets.
func TestRecordingFiles(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("token") != "secret" || r.Header.Get("Accept-Encoding") != "identity" {
			w.WriteHeader(http.StatusBadRequest)
		}
		if r.URL.Path == "/none" {
			w.WriteHeader(http.StatusNotFound)
		}
		w.Header().Set("Content-Type", "application/gzip")
		_, _ = io.WriteString(w, "\x1f\x8b and so on")
	}))
	t.Cleanup(server.Close)
	for path, want := range map[string]channel.Exchange{
		"/file": {Status: 200, Response: "12 bytes"}, "/none": {Status: 404, Response: "redacted"},
	} {
		var made []channel.Exchange
		ctx := channel.WithOperation(channel.WithRecorder(t.Context(), func(e channel.Exchange) { made = append(made, e) }), "bill")
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path+"?token=secret&x=1&bare#f", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := channel.FileClient(channel.RecordingFiles(http.DefaultTransport, func([]byte) string { return "redacted" })).Do(request)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(response.Body)
		if err != nil || string(raw) != "\x1f\x8b and so on" {
			t.Errorf("%s: %q %v", path, raw, err)
		}
		if path == "/file" && len(made) != 0 {
			t.Errorf("recorded before it ended: %+v", made)
		}
		_, _ = response.Body.Close(), response.Body.Close()
		if len(made) != 1 {
			t.Fatalf("%s: recorded %+v", path, made)
		}
		got := made[0]
		if got.Status != want.Status || got.Response != want.Response || got.Operation != "bill" || got.Method != http.MethodGet || got.Err != nil ||
			got.URL != server.URL+path+"?token=****&x=****&bare" || got.Duration <= 0 {
			t.Errorf("%s: recorded %+v", path, got)
		}
	}
}

// TestRecordingFilesThatFail: a call without an answer and a file that breaks off
// are told with their error, which has no address in it.
func TestRecordingFilesThatFail(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "short")
	}))
	var made []channel.Exchange
	ctx := channel.WithRecorder(context.Background(), func(e channel.Exchange) { made = append(made, e) })
	get := func() (*http.Response, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/?token=secret", nil)
		if err != nil {
			t.Fatal(err)
		}
		return channel.FileClient(channel.RecordingFiles(http.DefaultTransport, func([]byte) string { return "" })).Do(request)
	}
	response, err := get()
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadAll(response.Body)
	_ = response.Body.Close()
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(made) != 1 || !errors.Is(made[0].Err, io.ErrUnexpectedEOF) || made[0].Response != "5 bytes" {
		t.Errorf("%v, recorded %+v", err, made)
	}
	server.Close()
	if _, err = get(); err == nil || len(made) != 2 || made[1].Err == nil || made[1].Status != 0 {
		t.Fatalf("%v, recorded %+v", err, made)
	}
	if bare := channel.WithoutAddress(err); strings.Contains(bare.Error(), "secret") || !strings.HasPrefix(bare.Error(), "GET: ") {
		t.Errorf("%v", bare)
	}
	if other := errors.New("another"); channel.WithoutAddress(other) != other {
		t.Error("another error is changed")
	}
}

// TestFileClientTakesItsTime: files take longer than calls, and no redirect is
// followed.
func TestFileClientTakesItsTime(t *testing.T) {
	c := channel.FileClient(http.DefaultTransport)
	if c.Timeout != 0 || c.CheckRedirect(nil, nil) != http.ErrUseLastResponse {
		t.Errorf("%+v", c)
	}
	calls := channel.NewTransport()
	files, ok := channel.FileTransport(calls).(*http.Transport)
	if !ok || files == calls || files.ResponseHeaderTimeout <= calls.ResponseHeaderTimeout || !files.DisableKeepAlives || calls.DisableKeepAlives {
		t.Errorf("files %+v beside calls %+v", files, calls)
	}
	other := channel.Recording(calls, nil)
	if channel.FileTransport(other) != other {
		t.Error("another transport is changed")
	}
}
