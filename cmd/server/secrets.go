package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/piaohao/piaohao/app/config"
	"github.com/piaohao/piaohao/app/seal"
)

const auditKeyBytes = 32

// openSealer reads the keyset. A new installation gets a fresh one; where the
// keyset is lost, what it sealed is lost with it, so an operator backs it up.
func openSealer(c config.Secrets) (*seal.Sealer, error) {
	if v := c.Keyset.Reveal(); v != "" {
		return seal.FromBase64(v)
	}
	if err := os.MkdirAll(filepath.Dir(c.KeysetFile), 0o700); err != nil {
		return nil, fmt.Errorf("create the keyset's folder: %w", err)
	}
	if err := seal.Generate(c.KeysetFile); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return seal.FromFile(c.KeysetFile)
}

// openAuditKey reads the key that chains the audit log, and makes one for a new
// installation.
func openAuditKey(c config.Secrets) ([]byte, error) {
	if v := c.AuditKey.Reveal(); v != "" {
		return decodeAuditKey("PIAOHAO_SECRETS_AUDIT_KEY", v)
	}
	text, err := os.ReadFile(c.AuditKeyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return createAuditKey(c.AuditKeyFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read the audit key: %w", err)
	}
	return decodeAuditKey(c.AuditKeyFile, string(text))
}

func decodeAuditKey(origin, text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) < auditKeyBytes {
		return nil, fmt.Errorf("the audit key in %s must be the base64 of at least %d bytes", origin, auditKeyBytes)
	}
	return key, nil
}

func createAuditKey(path string) ([]byte, error) {
	key := make([]byte, auditKeyBytes)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	// O_EXCL: of two servers that start together, the second reads the first's.
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return openAuditKey(config.Secrets{AuditKeyFile: path})
	}
	if err != nil {
		return nil, fmt.Errorf("create the audit key: %w", err)
	}
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	return key, errors.Join(err, f.Close())
}
