package preprocess

import (
	"image"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/preprocess/internal/jpeg"
)

// decodeJPEG reads a JPEG picture as libjpeg-turbo does, called by Pillow or
// by TensorFlow.
func decodeJPEG(data []byte, kind Kind, lim limit.Limits) (*Picture, error) {
	method := jpeg.Accurate
	if kind == TensorFlow {
		method = jpeg.Fast
	}
	decoded, err := jpeg.Decode(data, method, lim)
	if err != nil {
		return nil, err
	}
	p := fromColours(decoded, decoded.Colours(), decoded.Width, decoded.Height, kind)
	if kind == TensorFlow {
		p.crop = func(w window) *Picture {
			return fromColours(decoded, decoded.Crop(w.x, w.y, w.w, w.h), w.w, w.h, kind)
		}
	}
	return p, nil
}

// fromColours makes RGB of pixels in the JPEG's own colours, which it may
// overwrite. Pillow takes every CMYK as inverted, as Adobe's programs write
// it, and rounds; TensorFlow looks for their marker and rounds down.
func fromColours(j *jpeg.Picture, pix []uint8, w, h int, kind Kind) *Picture {
	p := &Picture{Width: w, Height: h, Stride: 3 * w, Pix: pix}
	switch j.Model {
	case jpeg.Grey:
		p.Pix = make([]uint8, 3*len(pix))
		for i, v := range pix {
			p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2] = v, v, v
		}
	case jpeg.CMYK, jpeg.YCCK:
		p.Pix = pix[:3*len(pix)/4]
		for i := range len(pix) / 4 {
			ink := [4]uint8(pix[4*i:])
			if kind == Torch || !j.Adobe {
				for k := range ink {
					ink[k] = 255 - ink[k]
				}
			}
			if kind == Torch {
				pix[3*i], pix[3*i+1], pix[3*i+2] = cmykToRGB(ink)
				continue
			}
			for k := range 3 {
				pix[3*i+k] = uint8(int(ink[k]) * int(ink[3]) / 255)
			}
		}
	}
	return p
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
