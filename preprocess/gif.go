package preprocess

import (
	"bytes"
	"image"
)

// Places in a GIF file, and the bytes that its blocks begin with.
const (
	gifFlags     = 10
	gifHeader    = 13
	gifExtension = 0x21
	gifControl   = 0xf9 // the extension that is about the picture behind it
)

// opaqueGIF returns a GIF whose first picture has no transparent colour, and the
// colour that it had, or 0: Pillow keeps that colour and begins with a canvas of it,
// image/gif makes it black. Of a broken file it returns what it was given.
func opaqueGIF(data []byte) (opaque []byte, clear uint8) {
	if len(data) < gifHeader {
		return data, 0
	}
	opaque = bytes.Clone(data)
	at := gifHeader
	if f := data[gifFlags]; f&0x80 != 0 {
		at += 3 << (f&7 + 1)
	}
	for at+7 < len(data) && data[at] == gifExtension {
		if data[at+1] == gifControl && data[at+2] == 4 {
			clear = 0
			if data[at+3]&1 != 0 {
				opaque[at+3] &^= 1
				clear = data[at+6]
			}
		}
		for at += 2; at < len(data) && data[at] != 0; { // blocks and their lengths
			at += 1 + int(data[at])
		}
		at++
	}
	return opaque, clear
}

// onGIFCanvas lays the first picture of a GIF on its canvas, all of one colour.
func onGIFCanvas(m *image.Paletted, width, height int, colour uint8) *image.Paletted {
	canvas := image.NewPaletted(image.Rect(0, 0, width, height), m.Palette)
	for i := range canvas.Pix {
		canvas.Pix[i] = colour
	}
	r := m.Rect.Intersect(canvas.Rect)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		copy(canvas.Pix[canvas.PixOffset(r.Min.X, y):][:r.Dx()], m.Pix[m.PixOffset(r.Min.X, y):])
	}
	return canvas
}
