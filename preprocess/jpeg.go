package preprocess

import (
	"image"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess/internal/jpeg"
)

// decodeJPEG reads a JPEG picture with libjpeg-turbo's arithmetic.
func decodeJPEG(data []byte, lim limit.Limits) (*Picture, error) {
	decoded, err := jpeg.Decode(data, lim)
	if err != nil {
		return nil, err
	}
	pix := decoded.Colours()
	p := &Picture{Width: decoded.Width, Height: decoded.Height, Stride: 3 * decoded.Width, Pix: pix}
	switch decoded.Model {
	case jpeg.Grey:
		p.Pix = make([]uint8, 3*len(pix))
		for i, v := range pix {
			p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2] = v, v, v
		}
	case jpeg.CMYK, jpeg.YCCK:
		p.Pix = pix[:3*len(pix)/4]
		for i := range len(pix) / 4 {
			ink := [4]uint8(pix[4*i:])
			for j := range ink {
				ink[j] = 255 - ink[j] // as Adobe's programs store them
			}
			pix[3*i], pix[3*i+1], pix[3*i+2] = cmykToRGB(ink)
		}
	}
	return p, nil
}

// fromYCbCr converts what image/jpeg has decoded. Its planes differ from
// libjpeg's by their inverse DCT (by 1 here and there); the rest is libjpeg's.
func fromYCbCr(m *image.YCbCr) *Picture {
	h, v := 1, 1
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		h = 2
	case image.YCbCrSubsampleRatio420:
		h, v = 2, 2
	case image.YCbCrSubsampleRatio440:
		v = 2
	case image.YCbCrSubsampleRatio411:
		h = 4
	case image.YCbCrSubsampleRatio410:
		h, v = 4, 2
	}
	b := m.Rect
	if b.Min.X%h != 0 || b.Min.Y%v != 0 {
		return fromAny(m) // a part that starts within a chroma sample
	}
	w, rows := b.Dx(), b.Dy()
	y := jpeg.Plane{Pix: m.Y[m.YOffset(b.Min.X, b.Min.Y):], Stride: m.YStride, Width: w, Height: rows, H: 1, V: 1}
	chroma := func(pix []uint8) jpeg.Plane {
		return jpeg.Plane{
			Pix: pix[m.COffset(b.Min.X, b.Min.Y):], Stride: m.CStride,
			Width: (w + h - 1) / h, Height: (rows + v - 1) / v, H: h, V: v,
		}
	}
	p := jpeg.Picture{Width: w, Height: rows, Model: jpeg.YCbCr, Planes: []jpeg.Plane{y, chroma(m.Cb), chroma(m.Cr)}}
	return &Picture{Width: w, Height: rows, Stride: 3 * w, Pix: p.Colours()}
}
