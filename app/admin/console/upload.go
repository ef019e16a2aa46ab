package console

import (
	"archive/zip"
	"bytes"
	"io"
	"mime/multipart"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/piaohao/piaohao/app"
)

// Keys and certificates have a few kilobytes each; a channel's zip holds four
// or five of them and a page of instructions.
const (
	maxFiles    = 20
	maxFileSize = 64 << 10
)

// uploaded returns the text of every file that was sent, those inside a zip
// included. Invalid on field "files" when they are too large or unreadable.
func uploaded(r *request) ([]string, error) {
	if !strings.HasPrefix(r.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		return nil, nil
	}
	form, err := r.MultipartForm()
	if err != nil {
		return nil, app.InvalidField("files", "unknown", "the files cannot be read")
	}
	var texts []string
	for _, header := range form.File["files"] {
		if len(texts) >= maxFiles || header.Size > maxFiles*maxFileSize {
			return nil, tooLarge()
		}
		body, err := readUpload(header)
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(body, []byte("PK\x03\x04")) {
			texts = append(texts, string(body))
			continue
		}
		inside, err := unzip(body)
		if err != nil {
			return nil, err
		}
		texts = append(texts, inside...)
	}
	return texts, nil
}

func readUpload(header *multipart.FileHeader) ([]byte, error) {
	f, err := header.Open()
	if err != nil {
		return nil, app.InvalidField("files", "unknown", "a file cannot be read")
	}
	body, err := io.ReadAll(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, app.InvalidField("files", "unknown", "a file cannot be read")
	}
	return body, nil
}

// unzip reads the small files of a zip. What it claims about their sizes is not
// believed: reading stops at the limit.
func unzip(body []byte) ([]string, error) {
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, app.InvalidField("files", "unknown", "the zip cannot be read")
	}
	if len(archive.File) > maxFiles {
		return nil, tooLarge()
	}
	var texts []string
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		f, err := entry.Open()
		if err != nil {
			return nil, app.InvalidField("files", "unknown", "a file of the zip cannot be read")
		}
		text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return nil, app.InvalidField("files", "unknown", "a file of the zip cannot be read")
		}
		if len(text) > maxFileSize {
			return nil, tooLarge()
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

func tooLarge() error {
	return app.InvalidField("files", "too_large", "keys and certificates have a few kilobytes")
}
