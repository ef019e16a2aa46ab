package seal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Generate creates a keyset with one key at path, mode 0600. A file that exists
// already is left alone and is an error that wraps fs.ErrExist.
func Generate(path string) error {
	h, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return fmt.Errorf("generate keyset: %w", err)
	}
	content, err := encode(h)
	if err != nil {
		return err
	}
	staged, err := stage(path)
	if err != nil {
		return err
	}
	defer staged.discard()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("generate keyset %s: %w", path, fs.ErrExist)
	}
	return staged.commit(content)
}

// FromFile reads the keyset at path. It refuses a file that its group or others
// may access: whoever reads the keyset and the database has every credential.
func FromFile(path string) (*Sealer, error) {
	h, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return newSealer(h)
}

// FromBase64 reads a keyset from the standard base64 of a keyset file's
// content, as an environment variable carries it.
func FromBase64(encoded string) (*Sealer, error) {
	content, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		// Neither the error nor the value is shown: the value is the secret.
		return nil, errors.New("the keyset is not base64")
	}
	h, err := decode(content)
	if err != nil {
		return nil, err
	}
	return newSealer(h)
}

func readFile(path string) (*keyset.Handle, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read keyset: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read keyset: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read keyset %s: not a file", path)
	}
	if loose := info.Mode().Perm() & 0o077; loose != 0 {
		return nil, fmt.Errorf("read keyset %s: its mode is %#o, so others can read the keys to every credential: run chmod 600 %[1]s", path, info.Mode().Perm())
	}
	content, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("read keyset: %w", err)
	}
	h, err := decode(content)
	if err != nil {
		return nil, fmt.Errorf("read keyset %s: %w", path, err)
	}
	return h, nil
}

// encode writes Tink's own JSON, so its tools can read the file too.
func encode(h *keyset.Handle) ([]byte, error) {
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func decode(content []byte) (*keyset.Handle, error) {
	h, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(content)))
	if err != nil {
		return nil, errors.New("not a Tink keyset in JSON")
	}
	return h, nil
}
