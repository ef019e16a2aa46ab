package seal

import (
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// A rotation has stages, each carried to every server before the next begins,
// since a server opens only what its own copy of the keyset knows:
//
//	AddKey   a new key that opens but does not seal yet
//	Promote  the new key seals from now on
//	         (the rows are sealed again)
//	Retire   the old key opens nothing any more, but can be restored
//	Delete   the old key is gone for good

// Key describes one key of a keyset, without its material.
type Key struct {
	ID      uint32
	Primary bool
	Retired bool
}

// Keys lists the keys of the keyset file at path.
func Keys(path string) ([]Key, error) {
	h, err := readFile(path)
	if err != nil {
		return nil, err
	}
	keys := make([]Key, 0, h.Len())
	for i := range h.Len() {
		e, err := h.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("read keyset %s: %w", path, err)
		}
		keys = append(keys, Key{ID: e.KeyID(), Primary: e.IsPrimary(), Retired: e.KeyStatus() != keyset.Enabled})
	}
	return keys, nil
}

// AddKey adds a key to the keyset file and returns its id.
func AddKey(path string) (uint32, error) {
	var id uint32
	err := change(path, func(m *keyset.Manager) (err error) {
		id, err = m.Add(aead.AES256GCMKeyTemplate())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("add key: %w", err)
	}
	return id, nil
}

// Promote makes the key the one that seals.
func Promote(path string, id uint32) error {
	if err := change(path, func(m *keyset.Manager) error { return m.SetPrimary(id) }); err != nil {
		return fmt.Errorf("promote key %d: %w", id, err)
	}
	return nil
}

// Retire makes the key open nothing any more. The primary key cannot retire.
func Retire(path string, id uint32) error {
	if err := change(path, func(m *keyset.Manager) error { return m.Disable(id) }); err != nil {
		return fmt.Errorf("retire key %d: %w", id, err)
	}
	return nil
}

// Restore undoes Retire.
func Restore(path string, id uint32) error {
	if err := change(path, func(m *keyset.Manager) error { return m.Enable(id) }); err != nil {
		return fmt.Errorf("restore key %d: %w", id, err)
	}
	return nil
}

// Delete removes a retired key. What it sealed is lost.
func Delete(path string, id uint32) error {
	keys, err := Keys(path)
	if err != nil {
		return fmt.Errorf("delete key %d: %w", id, err)
	}
	for _, k := range keys {
		if k.ID == id && !k.Retired {
			return fmt.Errorf("delete key %d: it is in use, retire it first", id)
		}
	}
	if err := change(path, func(m *keyset.Manager) error { return m.Delete(id) }); err != nil {
		return fmt.Errorf("delete key %d: %w", id, err)
	}
	return nil
}

// change applies one operation to the keyset file.
func change(path string, apply func(*keyset.Manager) error) error {
	staged, err := stage(path)
	if err != nil {
		return err
	}
	defer staged.discard()
	h, err := readFile(path)
	if err != nil {
		return err
	}
	m := keyset.NewManagerFromHandle(h)
	if err := apply(m); err != nil {
		return err
	}
	if h, err = m.Handle(); err != nil {
		return err
	}
	content, err := encode(h)
	if err != nil {
		return err
	}
	return staged.commit(content)
}
