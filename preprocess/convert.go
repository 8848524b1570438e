package preprocess

import (
	"image"
	"image/color"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// FromImage converts a decoded picture as Pillow's convert("RGB") converts the
// mode that corresponds to its type; Decode says how. The chroma of an
// image.YCbCr is scaled and converted as libjpeg-turbo does it: of a lossy WebP, whose
// colours are others, give Decode the file.
func FromImage(m image.Image) (*Picture, error) {
	if m == nil {
		return nil, errs.Format("picture", "nil")
	}
	b := m.Bounds()
	if err := checkPixels("picture", b.Dx(), b.Dy(), limit.Default()); err != nil {
		return nil, err
	}
	switch m := m.(type) {
	case *image.YCbCr:
		return fromYCbCr(m), nil
	case *image.Gray:
		return fromRows(b, func(y int, dst []uint8) {
			for x, v := range m.Pix[m.PixOffset(b.Min.X, y):][:b.Dx()] {
				dst[3*x], dst[3*x+1], dst[3*x+2] = v, v, v
			}
		}), nil
	case *image.Gray16:
		return fromGrey16(m), nil
	case *image.Paletted:
		return fromPaletted(m), nil
	case *image.NRGBA:
		return fromRows(b, func(y int, dst []uint8) {
			src := m.Pix[m.PixOffset(b.Min.X, y):][:4*b.Dx()]
			for x := range b.Dx() {
				copy(dst[3*x:3*x+3], src[4*x:4*x+3])
			}
		}), nil
	case *image.RGBA:
		if m.Opaque() {
			return FromImage(&image.NRGBA{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect})
		}
	case *image.NRGBA64:
		return fromRows(b, func(y int, dst []uint8) {
			src := m.Pix[m.PixOffset(b.Min.X, y):][:8*b.Dx()]
			for x := range b.Dx() {
				dst[3*x], dst[3*x+1], dst[3*x+2] = src[8*x], src[8*x+2], src[8*x+4]
			}
		}), nil
	case *image.RGBA64:
		if m.Opaque() {
			return FromImage(&image.NRGBA64{Pix: m.Pix, Stride: m.Stride, Rect: m.Rect})
		}
	case *image.CMYK:
		return fromRows(b, func(y int, dst []uint8) {
			src := m.Pix[m.PixOffset(b.Min.X, y):][:4*b.Dx()]
			for x := range b.Dx() {
				dst[3*x], dst[3*x+1], dst[3*x+2] = cmykToRGB([4]uint8(src[4*x:]))
			}
		}), nil
	}
	return fromAny(m), nil
}

// fromRows makes a picture of b's size, row by row.
func fromRows(b image.Rectangle, fill func(y int, dst []uint8)) *Picture {
	p := newPicture(b.Dx(), b.Dy())
	for y := range p.Height {
		fill(b.Min.Y+y, p.row(y))
	}
	return p
}

// fromAny asks for one colour after the other.
func fromAny(m image.Image) *Picture {
	b := m.Bounds()
	return fromRows(b, func(y int, dst []uint8) {
		for x := range b.Dx() {
			rgb := opaque(m.At(b.Min.X+x, y))
			copy(dst[3*x:], rgb[:])
		}
	})
}

// opaque returns the upper bytes of a colour that is not multiplied by alpha.
func opaque(c color.Color) [3]uint8 {
	if c, ok := c.(color.NRGBA); ok {
		return [3]uint8{c.R, c.G, c.B}
	}
	v := color.NRGBA64Model.Convert(c).(color.NRGBA64)
	return [3]uint8{uint8(v.R >> 8), uint8(v.G >> 8), uint8(v.B >> 8)}
}

// fromGrey16 limits grey to 255. A PNG with a transparent grey comes as
// NRGBA64, whose red is that grey.
func fromGrey16(m image.Image) *Picture {
	b := m.Bounds()
	return fromRows(b, func(y int, dst []uint8) {
		for x := range b.Dx() {
			var v uint16
			switch c := m.At(b.Min.X+x, y).(type) {
			case color.Gray16:
				v = c.Y
			case color.NRGBA64:
				v = c.R
			}
			grey := uint8(min(v, 255))
			dst[3*x], dst[3*x+1], dst[3*x+2] = grey, grey, grey
		}
	})
}

// fromPaletted takes an index beyond the palette as black.
func fromPaletted(m *image.Paletted) *Picture {
	var table [256][3]uint8
	for i, c := range m.Palette[:min(len(m.Palette), 256)] {
		table[i] = opaque(c)
	}
	return fromRows(m.Rect, func(y int, dst []uint8) {
		for x, i := range m.Pix[m.PixOffset(m.Rect.Min.X, y):][:m.Rect.Dx()] {
			copy(dst[3*x:], table[i][:])
		}
	})
}

// cmykToRGB is Pillow's: each ink times what black leaves of the paper.
func cmykToRGB(c [4]uint8) (r, g, b uint8) {
	white := 255 - int32(c[3])
	ink := func(v uint8) uint8 {
		product := int32(v)*white + 128
		return clip8(white - (product>>8+product)>>8)
	}
	return ink(c[0]), ink(c[1]), ink(c[2])
}
