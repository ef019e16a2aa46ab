package qr_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/skip2/go-qrcode"

	"github.com/piaohao/piaohao/web/qr"
)

// The drawing has exactly the modules of the code.
func TestThePathDrawsEveryModuleAndNoOther(t *testing.T) {
	const text = "weixin://wxpay/bizpayurl?pr=0123456789"
	drawn, err := qr.Of(text)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		t.Fatal(err)
	}
	want := code.Bitmap()
	got := make([][]bool, drawn.Size)
	for i := range got {
		got[i] = make([]bool, drawn.Size)
	}
	for _, run := range strings.Split(strings.TrimPrefix(drawn.Path, "M"), "M") {
		var x, y, w, back int
		if _, err := fmt.Sscanf(run, "%d %dh%dv1h-%dz", &x, &y, &w, &back); err != nil || w != back {
			t.Fatalf("run %q: %v", run, err)
		}
		for i := range w {
			got[y][x+i] = true
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || drawn.Box() != fmt.Sprintf("0 0 %d %d", len(want), len(want)) {
		t.Error("the drawing is not the code")
	}
}

func TestATextTooLongIsAnError(t *testing.T) {
	if _, err := qr.Of(strings.Repeat("x", 5000)); err == nil {
		t.Error("5,000 bytes fit into a QR code")
	}
}
