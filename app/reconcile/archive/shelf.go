package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/minio/minio-go/v7"

	"github.com/piaohao/piaohao/app"
)

// Shelf keeps files that go again, each below a name of its own: what is removed
// under one name touches no other, even where the bytes are the same. Folder and
// S3 are both an archive and a shelf; the shelf lies in its folder "passing",
// which needs no backup.
type Shelf interface {
	// Lay keeps what write writes under the name, as Store.Put does.
	Lay(ctx context.Context, name string, write func(w io.Writer) error) (File, error)
	// Take opens a file as Store.Open does.
	Take(ctx context.Context, name, key string) (Blob, error)
	// Remove removes everything under the name; a name without files is no error.
	Remove(ctx context.Context, name string) error
}

// passing is the folder of what goes again.
const passing = "passing"

// checkName refuses what could become another path.
func checkName(name string) error {
	if len(name) < 4 || len(name) > 64 {
		return app.Errorf(app.Internal, "%q cannot name a file", name)
	}
	for _, c := range []byte(name) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return app.Errorf(app.Internal, "%q cannot name a file", name)
		}
	}
	return nil
}

// Lay implements Shelf.
func (f *Folder) Lay(_ context.Context, name string, write func(w io.Writer) error) (File, error) {
	if err := checkName(name); err != nil {
		return File{}, err
	}
	return f.put(func(key string) string { return passing + "/" + name + "/" + key }, write)
}

// Take implements Shelf.
func (f *Folder) Take(_ context.Context, name, key string) (Blob, error) {
	if checkName(name) != nil || !valid(key) {
		return nil, errMissing(key)
	}
	return f.open(key, passing+"/"+name+"/"+key)
}

// Remove implements Shelf.
func (f *Folder) Remove(_ context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(f.dir, passing, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %s from the archive: %w", name, err)
	}
	return nil
}

// Lay implements Shelf.
func (s *S3) Lay(ctx context.Context, name string, write func(w io.Writer) error) (File, error) {
	if err := checkName(name); err != nil {
		return File{}, err
	}
	return s.put(ctx, func(key string) string { return s.config.Prefix + passing + "/" + name + "/" + key }, write)
}

// Take implements Shelf.
func (s *S3) Take(ctx context.Context, name, key string) (Blob, error) {
	if checkName(name) != nil || !valid(key) {
		return nil, errMissing(key)
	}
	return s.open(ctx, key, s.config.Prefix+passing+"/"+name+"/"+key)
}

// Remove implements Shelf.
func (s *S3) Remove(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	below := minio.ListObjectsOptions{Prefix: s.config.Prefix + passing + "/" + name + "/", Recursive: true}
	for object := range s.client.ListObjects(ctx, s.config.Bucket, below) {
		if object.Err != nil {
			return s.explain("list", object.Err)
		}
		if err := s.client.RemoveObject(ctx, s.config.Bucket, object.Key, minio.RemoveObjectOptions{}); err != nil {
			return s.explain("remove from", err)
		}
	}
	return nil
}
