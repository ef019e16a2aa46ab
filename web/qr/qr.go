// Package qr draws QR codes as SVG paths, which need no image file and no
// script.
package qr

import (
	"fmt"
	"strings"

	"github.com/skip2/go-qrcode"
)

// Code is a drawing of Size modules on each side, the quiet zone included.
type Code struct {
	Size int
	Path string // the d of one SVG path
}

// Of draws the text at medium error correction. It fails when the text is too
// long for a QR code.
func Of(text string) (Code, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return Code{}, fmt.Errorf("draw a QR code: %w", err)
	}
	rows := code.Bitmap()
	var b strings.Builder
	for y, row := range rows {
		for x := 0; x < len(row); x++ {
			from := x
			for x < len(row) && row[x] {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	return Code{Size: len(rows), Path: b.String()}, nil
}

// Box is the SVG's viewBox.
func (c Code) Box() string { return fmt.Sprintf("0 0 %d %d", c.Size, c.Size) }
