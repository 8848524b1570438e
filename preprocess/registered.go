package preprocess

import (
	"bytes"
	"errors"
	"image"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
)

// decodeRegistered reads a picture with the decoders that the program has
// registered with image.RegisterFormat, such as those of image/gif and
// golang.org/x/image: of several pictures the first. found is false if none of
// them knows the format. Width and height are held against lim before anything
// of the picture's size is allocated. A decoder's panic is an error here: what
// others have written is not held to what this package promises.
func decodeRegistered(data []byte, lim limit.Limits) (p *Picture, found bool, err error) {
	name := ""
	defer func() {
		if r := recover(); r != nil {
			p, found, err = nil, true, errs.Format(name, "its decoder panics: %v", r)
		}
	}()
	config, name, err := image.DecodeConfig(bytes.NewReader(data))
	if errors.Is(err, image.ErrFormat) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, broken(name, err)
	}
	if err := checkPixels(name, config.Width, config.Height, lim); err != nil {
		return nil, true, err
	}
	p, err = fromRegistered(data, name, config.Width, config.Height)
	return p, true, err
}

// fromRegistered decodes a picture of that format and size. What decoders make of
// WebP, GIF and TIFF otherwise than Pillow is undone.
func fromRegistered(data []byte, name string, width, height int) (*Picture, error) {
	clear := uint8(0)
	if name == "gif" {
		data, clear = opaqueGIF(data)
	}
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, broken(name, err)
	}
	switch of := m.(type) {
	case *image.YCbCr:
		if name == "webp" {
			return fromWebP(of), nil
		}
	case *image.NYCbCrA:
		if name == "webp" {
			return fromWebP(&of.YCbCr), nil
		}
	case *image.Paletted:
		if name == "gif" {
			m = onGIFCanvas(of, width, height, clear)
		}
	case *image.Gray:
		if name == "tiff" && invertedFax(data) {
			invert(of)
		}
	}
	if b := m.Bounds(); b.Dx() != width || b.Dy() != height {
		m = onCanvas{m, image.Rect(0, 0, width, height)}
	}
	return FromImage(m)
}

// onCanvas shows a picture on a larger canvas, transparent beside it.
type onCanvas struct {
	image.Image
	canvas image.Rectangle
}

// Bounds is the canvas.
func (c onCanvas) Bounds() image.Rectangle { return c.canvas }
