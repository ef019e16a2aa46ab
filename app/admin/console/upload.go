package console

import (
	"archive/zip"
	"bytes"
	"io"
	"mime/multipart"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/piaohao/piaohao/app"
	"github.com/piaohao/piaohao/app/payments/channel"
	"github.com/piaohao/piaohao/app/payments/channel/keyfile"
)

// Keys and certificates have a few kilobytes each; a channel's zip holds four
// or five of them and a page of instructions.
const (
	maxFiles    = 40
	maxFileSize = 64 << 10
	maxFileName = 80 // characters that are shown
)

// upload is what was handed in: the texts of files that may be keys, and what is
// known of the others without reading them.
type upload struct {
	files   []channel.KeyFile
	refused []channel.SortedFile
}

// uploaded returns every file that was sent, those inside a zip included. A file
// that is too large is named, and the others count. Invalid on field "files" when
// there are too many, or a zip is broken.
func uploaded(r *request) (upload, error) {
	var u upload
	if !strings.HasPrefix(r.Get(fiber.HeaderContentType), fiber.MIMEMultipartForm) {
		return u, nil
	}
	form, err := r.MultipartForm()
	if err != nil {
		return u, app.InvalidField("files", "unknown", "the files cannot be read")
	}
	for _, header := range form.File["files"] {
		if header.Size == 0 && header.Filename == "" {
			continue // no file was chosen
		}
		body, err := readUpload(header)
		if err != nil {
			return u, err
		}
		if bytes.HasPrefix(body, []byte("PK\x03\x04")) {
			err = u.unzip(body)
		} else {
			u.add(header.Filename, body)
		}
		if err != nil {
			return u, err
		}
		if len(u.files)+len(u.refused) > maxFiles {
			return u, tooMany()
		}
	}
	return u, nil
}

func (u *upload) add(name string, body []byte) {
	name = shownName(name)
	if len(body) > maxFileSize {
		u.refused = append(u.refused, channel.SortedFile{Name: name, Code: keyfile.UselessTooLarge})
		return
	}
	u.files = append(u.files, channel.KeyFile{Name: name, Text: string(body)})
}

func readUpload(header *multipart.FileHeader) ([]byte, error) {
	f, err := header.Open()
	if err != nil {
		return nil, app.InvalidField("files", "unknown", "a file cannot be read")
	}
	body, err := io.ReadAll(f) // the form's own limit bounds it
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, app.InvalidField("files", "unknown", "a file cannot be read")
	}
	return body, nil
}

// unzip reads the small files of a zip. Nothing is written anywhere, so a name
// with a path is a name; what the zip claims about sizes is not believed, and
// reading stops at the limit.
func (u *upload) unzip(body []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return app.InvalidField("files", "unknown", "the zip cannot be read")
	}
	if len(archive.File) > maxFiles {
		return tooMany()
	}
	for _, entry := range archive.File {
		if strings.HasSuffix(entry.Name, "/") || entry.FileInfo().IsDir() {
			continue
		}
		if entry.Flags&1 != 0 {
			u.refused = append(u.refused, channel.SortedFile{Name: shownName(entryName(entry)), Code: keyfile.UselessLocked})
			continue
		}
		f, err := entry.Open()
		if err != nil {
			return app.InvalidField("files", "unknown", "a file of the zip cannot be read")
		}
		text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
		if closeErr := f.Close(); err == nil && len(text) <= maxFileSize {
			err = closeErr
		}
		if err != nil {
			return app.InvalidField("files", "unknown", "a file of the zip cannot be read")
		}
		u.add(entryName(entry), text)
	}
	return nil
}

// entryName is a zip's own name of a file; those of Windows are GBK.
func entryName(entry *zip.File) string {
	if utf8.ValidString(entry.Name) {
		return entry.Name
	}
	if name, err := simplifiedchinese.GBK.NewDecoder().String(entry.Name); err == nil {
		return name
	}
	return strings.ToValidUTF8(entry.Name, "�")
}

// shownName is what is kept of a file's name: its last part, printable.
func shownName(name string) string {
	name = path.Base(strings.ReplaceAll(strings.ToValidUTF8(name, "�"), `\`, "/"))
	name = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return -1
		}
		return c
	}, name)
	runes := []rune(name)
	if len(runes) > maxFileName {
		return string(runes[:maxFileName/2]) + "…" + string(runes[len(runes)-maxFileName/2:])
	}
	return name
}

func tooMany() error {
	return app.InvalidField("files", "too_many", "a channel hands out no more than %d files", maxFiles)
}
