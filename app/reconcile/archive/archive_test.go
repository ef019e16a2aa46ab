package archive_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

// kept is an archive under test, and a way to alter what lies in it.
type kept struct {
	archive.Store
	alter func(t *testing.T, key string, change func([]byte) []byte)
	lose  func(t *testing.T, key string)
}

func each(t *testing.T, f func(t *testing.T, k kept)) {
	t.Run("folder", func(t *testing.T) { f(t, folder(t)) })
	t.Run("s3", func(t *testing.T) { f(t, bucket(t)) })
}

func folder(t *testing.T) kept {
	dir := filepath.Join(t.TempDir(), "archive")
	store, err := archive.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	at := func(key string) string { return filepath.Join(dir, key[:2], key) }
	return kept{
		store,
		func(t *testing.T, key string, change func([]byte) []byte) {
			b, err := os.ReadFile(at(key))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(at(key), change(b), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		func(t *testing.T, key string) {
			if err := os.Remove(at(key)); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func bucket(t *testing.T) kept {
	backend := s3mem.New()
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	if err := backend.CreateBucket("bills"); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	store, err := archive.NewS3(archive.S3Config{
		Endpoint: server.URL, Bucket: "bills", Region: "us-east-1", AccessKey: "key", SecretKey: "secret", Prefix: "pay/", Dir: t.TempDir(), Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	name := func(key string) string { return "pay/" + key[:2] + "/" + key }
	return kept{
		store,
		func(t *testing.T, key string, change func([]byte) []byte) {
			o, err := backend.GetObject("bills", name(key), nil)
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(o.Contents)
			if err != nil {
				t.Fatal(err)
			}
			b = change(b)
			if _, err := backend.PutObject("bills", name(key), map[string]string{}, bytes.NewReader(b), int64(len(b)), nil); err != nil {
				t.Fatal(err)
			}
		},
		func(t *testing.T, key string) {
			if _, err := backend.DeleteObject("bills", name(key)); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func put(t *testing.T, s archive.Store, content []byte) archive.File {
	t.Helper()
	f, err := s.Put(context.Background(), func(w io.Writer) error { _, err := w.Write(content); return err })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func get(t *testing.T, s archive.Store, key string) []byte {
	t.Helper()
	b, err := s.Open(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	content, err := io.ReadAll(io.NewSectionReader(b, 0, b.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func sample(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

func TestWhatIsKeptIsReadUnderItsHash(t *testing.T) {
	each(t, func(t *testing.T, k kept) {
		for _, content := range [][]byte{{0}, []byte("交易时间"), sample(3 << 20)} {
			f := put(t, k, content)
			if f.Size != int64(len(content)) || len(f.Key) != 64 {
				t.Errorf("%d bytes were kept as %+v", len(content), f)
			}
			if !bytes.Equal(get(t, k, f.Key), content) {
				t.Errorf("%d bytes came back differently", len(content))
			}
			if again := put(t, k, content); again != f {
				t.Errorf("the same bytes became %+v and %+v", f, again)
			}
			if has, err := k.Has(context.Background(), f.Key); !has || err != nil {
				t.Errorf("has %s: %v, %v", f.Key, has, err)
			}
		}
	})
}

func TestAlteredBytesAreRefusedAndHealedByKeepingThemAgain(t *testing.T) {
	changes := map[string]func([]byte) []byte{
		"one bit":   func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"cut off":   func(b []byte) []byte { return b[:len(b)-1] },
		"grown":     func(b []byte) []byte { return append(b, 0) },
		"emptied":   func([]byte) []byte { return nil },
		"same size": func(b []byte) []byte { return bytes.Repeat([]byte{'x'}, len(b)) },
	}
	each(t, func(t *testing.T, k kept) {
		content := sample(100_000)
		f := put(t, k, content)
		for name, change := range changes {
			k.alter(t, f.Key, change)
			if _, err := k.Open(context.Background(), f.Key); !archive.Altered(err) {
				t.Errorf("%s: %v", name, err)
			}
			put(t, k, content)
			if !bytes.Equal(get(t, k, f.Key), content) {
				t.Errorf("%s: not healed", name)
			}
		}
	})
}

func TestWhatIsMissingIsNotFound(t *testing.T) {
	each(t, func(t *testing.T, k kept) {
		lost := put(t, k, []byte("gone")).Key
		k.lose(t, lost)
		for _, key := range []string{lost, "", "../../etc/passwd", strings.Repeat("A", 64), strings.Repeat("/", 64)} {
			if _, err := k.Open(context.Background(), key); !app.Is(err, app.NotFound) {
				t.Errorf("open %q: %v", key, err)
			}
			if has, err := k.Has(context.Background(), key); has || err != nil {
				t.Errorf("has %q: %v, %v", key, has, err)
			}
		}
	})
}

func TestAFailedWriteKeepsNothing(t *testing.T) {
	broken := errors.New("the line went dead")
	each(t, func(t *testing.T, k kept) {
		content := sample(1 << 20)
		_, err := k.Put(context.Background(), func(w io.Writer) error {
			if _, err := w.Write(content); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		f := put(t, k, content)
		k.lose(t, f.Key)
		_, _ = k.Put(context.Background(), func(w io.Writer) error { _, _ = w.Write(content); return broken })
		if has, err := k.Has(context.Background(), f.Key); has || err != nil {
			t.Errorf("half a file stands under its name: %v, %v", has, err)
		}
	})
}

func TestManyKeepTheSameAtOnce(t *testing.T) {
	each(t, func(t *testing.T, k kept) {
		content := sample(200_000)
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() { put(t, k, content) })
		}
		all.Wait()
		if f := put(t, k, content); !bytes.Equal(get(t, k, f.Key), content) {
			t.Error("it came back differently")
		}
	})
}

func TestAFolderIsClosedToOthersAndHoldsNoLeftovers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "archive")
	store, err := archive.NewFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, []byte("secret"))
	_, _ = store.Put(context.Background(), func(io.Writer) error { return io.ErrUnexpectedEOF })
	files := 0
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() && info.Mode().Perm() != 0o700 {
			t.Errorf("%s is %v", path, info.Mode())
		}
		if !d.IsDir() {
			if files++; info.Mode().Perm() != 0o600 {
				t.Errorf("%s is %v", path, info.Mode())
			}
		}
		return nil
	})
	if err != nil || files != 1 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestABucketThatIsNotThereSaysWhatToDo(t *testing.T) {
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	defer server.Close()
	dir := t.TempDir()
	store, err := archive.NewS3(archive.S3Config{Endpoint: server.URL, Bucket: "nowhere", Region: "us-east-1", AccessKey: "k", SecretKey: "s", Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	_, err = store.Put(context.Background(), func(w io.Writer) error {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("killed now, it would leave %v, %v", left, err)
		}
		_, err := w.Write([]byte("x"))
		return err
	})
	if !app.Is(err, app.Unavailable) || !strings.Contains(err.Error(), "reconcile.s3.bucket") {
		t.Errorf("got %v", err)
	}
}
