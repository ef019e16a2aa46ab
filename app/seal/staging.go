package seal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// staging is the next content of a keyset file. Its name is fixed and it is
// created exclusively, so it is the lock of the keyset as well: of two changes
// at once, one is refused rather than lost.
type staging struct {
	path string
	file *os.File
	done bool
}

func stage(path string) (*staging, error) {
	next := path + ".next"
	f, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("another change of the keyset is under way; if one was interrupted, delete %s", next)
	}
	if err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	return &staging{path: path, file: f}, nil
}

// commit replaces the keyset by content: whoever reads it sees the old or the
// new one whole, also after a power cut.
func (s *staging) commit(content []byte) error {
	_, err := s.file.Write(content)
	if err == nil {
		err = s.file.Sync()
	}
	if err == nil {
		err = os.Rename(s.file.Name(), s.path)
	}
	if err != nil {
		return fmt.Errorf("write keyset: %w", err)
	}
	s.done = true
	return syncDir(filepath.Dir(s.path))
}

// discard closes the file, and deletes it when it was not committed.
func (s *staging) discard() {
	_ = s.file.Close()
	if !s.done {
		_ = os.Remove(s.file.Name())
	}
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("write keyset: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
