package archive_test

import (
	"io"
	"testing"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/reconcile/archive"
)

func TestAShelfsFilesGoByTheirNames(t *testing.T) {
	each(t, func(t *testing.T, k kept) {
		shelf, ok := k.Store.(archive.Shelf)
		if !ok {
			t.Fatalf("%T is no shelf", k.Store)
		}
		lay := func(name, text string) archive.File {
			f, err := shelf.Lay(t.Context(), name, func(w io.Writer) error { _, err := io.WriteString(w, text); return err })
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		one, other := lay("exp_1", "the same"), lay("exp_2", "the same")
		lay("exp_1", "an earlier try")
		if one.Key != other.Key {
			t.Fatal("the same bytes have two keys")
		}
		if has, err := k.Has(t.Context(), one.Key); err != nil || has {
			t.Errorf("the archive has what lies on the shelf: %v, %v", has, err)
		}
		for range 2 {
			if err := shelf.Remove(t.Context(), "exp_1"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := shelf.Take(t.Context(), "exp_1", one.Key); !app.Is(err, app.NotFound) {
			t.Errorf("what was removed is there: %v", err)
		}
		blob, err := shelf.Take(t.Context(), "exp_2", other.Key)
		if err != nil {
			t.Fatal(err)
		}
		defer blob.Close()
		if b, err := io.ReadAll(io.NewSectionReader(blob, 0, blob.Size())); err != nil || string(b) != "the same" {
			t.Errorf("%q, %v", b, err)
		}
		for _, name := range []string{"", "..", "../x", "a/b", "exp 1", `exp\1`} {
			if err := shelf.Remove(t.Context(), name); err == nil {
				t.Errorf("%q was taken for a name", name)
			}
			if _, err := shelf.Lay(t.Context(), name, func(io.Writer) error { return nil }); err == nil {
				t.Errorf("%q was taken for a name", name)
			}
		}
	})
}
