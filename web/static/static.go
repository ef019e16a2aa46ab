// Package static holds the browser bundle and serves it with content hashes,
// so that browsers keep a file for as long as it stays the same.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"path"
	"sync"
)

// The whole folder is embedded rather than dist alone, because dist is built
// by npm and the Go program must compile without it.
//
//go:embed all:*
var embedded embed.FS

// Prefix is the path under which files are served.
const Prefix = "/static/"

// ErrNotBuilt reports that the bundle is missing: run "npm run build".
var ErrNotBuilt = errors.New(`the browser bundle is missing: run "npm ci && npm run build" before building the server`)

// File is one file of the bundle.
type File struct {
	Name        string // such as "app.js"
	ContentType string
	ETag        string // quoted, of the uncompressed content
	Body        []byte
	gzipped     func() []byte
}

// Gzip returns the content compressed; it is made once, at the first call.
func (f *File) Gzip() []byte { return f.gzipped() }

// Files is the bundle, by name.
type Files struct {
	byName map[string]*File
}

// Load hashes the embedded files. It returns ErrNotBuilt, and Files without a
// bundle, when npm has not built it.
func Load() (*Files, error) { return load(embedded) }

func load(source fs.FS) (*Files, error) {
	files := &Files{byName: map[string]*File{}}
	for _, dir := range []string{"dist", "img"} {
		if err := files.add(source, dir); err != nil {
			return nil, fmt.Errorf("load static %s: %w", dir, err)
		}
	}
	for _, name := range []string{"app.js", "style.css"} {
		if files.byName[name] == nil {
			return files, ErrNotBuilt
		}
	}
	return files, nil
}

func (fsys *Files) add(source fs.FS, dir string) error {
	entries, err := fs.ReadDir(source, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			continue
		}
		body, err := fs.ReadFile(source, path.Join(dir, entry.Name()))
		if err != nil {
			return err
		}
		fsys.byName[entry.Name()] = newFile(entry.Name(), body)
	}
	return nil
}

func newFile(name string, body []byte) *File {
	sum := sha256.Sum256(body)
	contentType := mime.TypeByExtension(path.Ext(name))
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	return &File{
		Name: name, ContentType: contentType, Body: body,
		ETag:    `"` + hex.EncodeToString(sum[:8]) + `"`,
		gzipped: sync.OnceValue(func() []byte { return compress(body) }),
	}
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(body); err != nil {
		return nil
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return b.Bytes()
}

// URL returns the address of a file with its hash, so a new build is a new
// address. An unknown name gets no hash.
func (fsys *Files) URL(name string) string {
	f := fsys.byName[name]
	if f == nil {
		return Prefix + name
	}
	return Prefix + name + "?v=" + f.ETag[1:len(f.ETag)-1]
}

// Lookup finds a file by its name.
func (fsys *Files) Lookup(name string) (*File, bool) {
	f, ok := fsys.byName[name]
	return f, ok
}
