// Package formats decodes pictures beside JPEG and PNG, with the decoders that the
// command registers. It is apart from package preprocess, whose tests have none.
package formats

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// otherFormats are pictures that Pillow 13 wrote, and the SHA-256 of the RGB that it
// reads of them.
var otherFormats = []struct{ name, rgb, file string }{
	{"odd size", "c061b99c97aa5bbf4648acc0dfa04c671fab695b57da5c50a9e57cb53572eb8d",
		"UklGRnIAAABXRUJQVlA4IGYAAAAwAgCdASoHAAUAAoBCJbACdDXAPJABWzFNwAD7nVvFsylZ4NJ/O2eNy3LF2H33+FI3vgqS0kwfEOz2Q/RUH/449Cni6Zx/PH/M7oVHt7mf/VMHfLOz+j/+Hf4Inz3//g7vz6XspAA="},
	{"even size", "f912b2d3cd8d800caf0371dc15e451594e7efb16d83c20d00b27784c52304fe1",
		"UklGRnoAAABXRUJQVlA4IG4AAADwAgCdASoIAAYAAoBCJbACdDIAPgA/Un9ZgbccmkVbQAD7nVvFsylZ4NJ/MNSCFJtPCVnDtPykxsEM5XVU/WE7nBBcNDn72W9mqZT44Sf/ocmU5Qsvr/8G8YdyZ/3N6h/jaV/FAqQV+MFd/Fh4AA=="},
	{"one pixel", "1e17eaf78c5cffe790b51128fb008d0f458b7d3253cd631f319c1c13dcc17e48",
		"UklGRjoAAABXRUJQVlA4IC4AAAAQAgCdASoBAAEAAUAmJaACdLoB+AH4AAPIAP70GLf+rPpoRf3r//owb/KL5YwA"},
	{"alpha", "2547bb07cbc72f92c575f255d1353956cba0e9e9481ca67b74e022257890a15c",
		"UklGRpgAAABXRUJQVlA4WAoAAAAQAAAABQAAAwAAQUxQSBkAAAABuYzof0BR2zZQ38VU/sSuDULEBEwAkssDAFZQOCBYAAAAUAIAnQEqBgAEAAKAQiWwAnQwTslABP8HUZIAAPJfguklId/mGspQieohWGgj0tMmgt9v82l2/YtIk4ziaE/eTe/ubYn5n3S16jliT/ru9wdBj5/OOzAAAA=="},
	{"fax of group 4", "ca19b2589ec81ab8e62f6b64847f658053ec48449065cc16f7ee0276857ea3e6",
		"SUkqABQAAAAmsblpJaSUUkoAIAIJAAABAwABAAAADwAAAAEBAwABAAAABAAAAAIBAwABAAAAAQAAAAMBAwABAAAABAAAAAYBAwABAAAAAQAAABEBBAABAAAACAAAABYBAwABAAAABAAAABcBBAABAAAADAAAABwBAwABAAAAAQAAAAAAAAA="},
	{"fax of group 3", "ca19b2589ec81ab8e62f6b64847f658053ec48449065cc16f7ee0276857ea3e6",
		"SUkqABoAAAAAE1rrQAJr3XgAmquuABuuHAAJAAABAwABAAAADwAAAAEBAwABAAAABAAAAAIBAwABAAAAAQAAAAMBAwABAAAAAwAAAAYBAwABAAAAAQAAABEBBAABAAAACAAAABYBAwABAAAABAAAABcBBAABAAAAEQAAABwBAwABAAAAAQAAAAAAAAA="},
	{"fax of group 4, white is 0", "ca19b2589ec81ab8e62f6b64847f658053ec48449065cc16f7ee0276857ea3e6",
		"SUkqABQAAAAwzDpJUkqSSgAgAgAJAAABAwABAAAADwAAAAEBAwABAAAABAAAAAIBAwABAAAAAQAAAAMBAwABAAAABAAAAAYBAwABAAAAAAAAABEBBAABAAAACAAAABYBAwABAAAABAAAABcBBAABAAAACwAAABwBAwABAAAAAQAAAAAAAAA="},
}

// TestOtherFormats: WebP and TIFF are decoded to what Pillow makes of them.
func TestOtherFormats(t *testing.T) {
	for _, c := range otherFormats {
		data, err := base64.StdEncoding.DecodeString(c.file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := preprocess.Decode(data, limit.Limits{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if sum := sha256.Sum256(p.Pix); hex.EncodeToString(sum[:]) != c.rgb {
			t.Errorf("%s: not Pillow's pixels", c.name)
		}
		requireNoPanic(t, c.name, data)
	}
}

// requireNoPanic decodes what is left of a file that is cut off anywhere.
func requireNoPanic(t *testing.T, name string, data []byte) {
	t.Helper()
	for n := range data {
		if _, err := preprocess.Decode(data[:n:n], limit.Limits{}); err != nil && strings.Contains(err.Error(), "panics") {
			t.Errorf("%s, %d bytes: %v", name, n, err)
		}
	}
}

// TestGIF: a transparent colour is a colour, that of what the first picture leaves of
// the canvas; without one, that is the first colour.
func TestGIF(t *testing.T) {
	first := image.NewPaletted(image.Rect(1, 0, 3, 1), color.Palette{color.RGBA{9, 8, 7, 255}, color.RGBA{200, 100, 50, 255}, color.RGBA{1, 2, 3, 255}})
	first.Pix = []uint8{2, 1}
	second := image.NewPaletted(image.Rect(0, 0, 4, 2), palette.Plan9)
	for _, c := range []struct {
		transparent bool
		outside     [3]uint8
	}{
		{true, [3]uint8{200, 100, 50}},
		{false, [3]uint8{9, 8, 7}},
	} {
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{first, second}, Delay: []int{5, 5}, Config: image.Config{Width: 4, Height: 2}}); err != nil {
			t.Fatal(err)
		}
		data := b.Bytes()
		control := bytes.Index(data, []byte{0x21, 0xf9, 4}) // what says of a picture which colour is transparent
		if c.transparent {
			data[control+3] |= 1
			data[control+6] = 1
		}
		before := bytes.Clone(data)
		p, err := preprocess.Decode(data, limit.Limits{})
		if err != nil || !bytes.Equal(before, data) {
			t.Fatalf("error %v, or the file was changed", err)
		}
		for x, want := range [][3]uint8{c.outside, {1, 2, 3}, {200, 100, 50}, c.outside} {
			if got := [3]uint8(p.Pix[3*x:]); got != want {
				t.Errorf("transparent %v: pixel %d is %v, want %v", c.transparent, x, got, want)
			}
		}
		if got := [3]uint8(p.Pix[p.Stride:]); got != c.outside || p.Width != 4 || p.Height != 2 {
			t.Errorf("transparent %v: the second row begins with %v, want %v", c.transparent, got, c.outside)
		}
		requireNoPanic(t, "gif", data)
	}
}
