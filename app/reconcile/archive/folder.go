package archive

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Folder keeps files in a folder of this machine, or of a file system that all
// servers share. Nobody else can read it: folders are 0700, files 0600.
type Folder struct{ dir string }

// unfinished is where files are written before they have a name.
const unfinished = "unfinished"

// NewFolder opens the archive in dir, which is made when it is missing, and
// removes what killed servers left unfinished.
func NewFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(filepath.Join(dir, unfinished), 0o700); err != nil {
		return nil, fmt.Errorf("make the archive's folder: %w", err)
	}
	f := &Folder{dir: dir}
	return f, f.sweep()
}

// staleAfter is far beyond what any download may take.
const staleAfter = 24 * time.Hour

func (f *Folder) sweep() error {
	list, err := os.ReadDir(filepath.Join(f.dir, unfinished))
	if err != nil {
		return fmt.Errorf("read the archive's folder: %w", err)
	}
	for _, entry := range list {
		info, err := entry.Info()
		if err != nil || time.Since(info.ModTime()) < staleAfter {
			continue // it may just have been finished
		}
		if err := os.Remove(filepath.Join(f.dir, unfinished, entry.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("clean the archive's folder: %w", err)
		}
	}
	return nil
}

// Put implements Store: the file is written and synced beside, then renamed into
// its place, and the folder synced.
func (f *Folder) Put(_ context.Context, write func(w io.Writer) error) (File, error) {
	return f.put(place, write)
}

// put writes a file to the place that at gives its key.
func (f *Folder) put(at func(key string) string, write func(w io.Writer) error) (File, error) {
	t, err := os.CreateTemp(filepath.Join(f.dir, unfinished), "put-")
	if err != nil {
		return File{}, fmt.Errorf("write to the archive: %w", err)
	}
	defer func() { _ = os.Remove(t.Name()) }() // gone already when it was renamed
	file, err := fill(t, write)
	if err != nil {
		return File{}, errors.Join(err, t.Close())
	}
	if err := errors.Join(t.Sync(), t.Close()); err != nil {
		return File{}, fmt.Errorf("write to the archive: %w", err)
	}
	target := filepath.Join(f.dir, filepath.FromSlash(at(file.Key)))
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return File{}, fmt.Errorf("write to the archive: %w", err)
	}
	if err := os.Rename(t.Name(), target); err != nil {
		return File{}, fmt.Errorf("write to the archive: %w", err)
	}
	for _, dir := range []string{filepath.Dir(target), filepath.Dir(filepath.Dir(target)), f.dir} {
		if err := syncFolder(dir); err != nil {
			return File{}, fmt.Errorf("write to the archive: %w", err)
		}
	}
	return file, nil
}

// fill writes to t what write writes, in large pieces, and names it.
func fill(t *os.File, write func(w io.Writer) error) (File, error) {
	counted := &counter{to: t, hash: sha256.New()}
	buffered := bufio.NewWriterSize(counted, 256<<10)
	if err := write(buffered); err != nil {
		return File{}, err
	}
	if err := buffered.Flush(); err != nil {
		return File{}, fmt.Errorf("write to the archive: %w", err)
	}
	return counted.file(), nil
}

func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Open implements Store.
func (f *Folder) Open(_ context.Context, key string) (Blob, error) {
	if !valid(key) {
		return nil, errMissing(key)
	}
	return f.open(key, place(key))
}

// open opens the file at a place, which must be the key's bytes.
func (f *Folder) open(key, at string) (Blob, error) {
	file, err := os.Open(filepath.Join(f.dir, filepath.FromSlash(at)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errMissing(key)
	}
	if err != nil {
		return nil, fmt.Errorf("read from the archive: %w", err)
	}
	b, err := verified(key, file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return b, nil
}

// Has implements Store.
func (f *Folder) Has(_ context.Context, key string) (bool, error) {
	if !valid(key) {
		return false, nil
	}
	_, err := os.Stat(filepath.Join(f.dir, filepath.FromSlash(place(key))))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// blob is a verified file on this machine.
type blob struct {
	*os.File
	size int64
}

// Size returns its bytes.
func (b blob) Size() int64 { return b.size }

// verified reads the whole file and compares its hash with the key.
func verified(key string, file *os.File) (Blob, error) {
	sum := sha256.New()
	size, err := io.CopyBuffer(sum, file, make([]byte, 256<<10))
	if err != nil {
		return nil, fmt.Errorf("read from the archive: %w", err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != key {
		return nil, errAltered(key)
	}
	return blob{file, size}, nil
}
