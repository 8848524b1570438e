package preprocess

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// Picture is an 8-bit RGB picture.
type Picture struct {
	Width, Height int
	// Stride is the distance between two rows in Pix; 3·Width if nothing lies
	// between them.
	Stride int
	// Pix holds R, G, B of each pixel, rows from top to bottom.
	Pix []uint8

	// crop, if there is one, returns the pixels of a window as they are when
	// only that window is decoded.
	crop func(window) *Picture
}

// newPicture returns a black picture.
func newPicture(w, h int) *Picture {
	return &Picture{Width: w, Height: h, Stride: 3 * w, Pix: make([]uint8, 3*w*h)}
}

// row returns the bytes of row y.
func (p *Picture) row(y int) []uint8 {
	return p.Pix[y*p.Stride:][:3*p.Width]
}

// check reports a picture that does not hold what it says.
func (p *Picture) check() error {
	if p == nil || p.Width < 1 || p.Height < 1 {
		return errs.Format("picture", "no pixels")
	}
	if p.Stride < 3*p.Width || len(p.Pix) < (p.Height-1)*p.Stride+3*p.Width {
		return errs.Format("picture", "%d bytes with a stride of %d for %d × %d pixels", len(p.Pix), p.Stride, p.Width, p.Height)
	}
	return nil
}

// window is a rectangle of a picture: its corner and its size, in pixels.
type window struct{ x, y, w, h int }

// view returns the pixels of a window within p, shared with p.
func (p *Picture) view(w window) *Picture {
	return &Picture{Width: w.w, Height: w.h, Stride: p.Stride, Pix: p.Pix[w.y*p.Stride+3*w.x:]}
}

// copy returns a copy of p without anything between its rows; p itself if
// there is nothing.
func (p *Picture) copy() *Picture {
	if p.Stride == 3*p.Width {
		return p
	}
	c := newPicture(p.Width, p.Height)
	for y := range p.Height {
		copy(c.row(y), p.row(y))
	}
	return c
}

// tensor returns p as uint8 [1,H,W,3]; the data may be shared.
func (p *Picture) tensor() *tensor.Tensor {
	c := p.copy()
	return tensor.Of(c.Pix[:3*c.Width*c.Height], 1, c.Height, c.Width, 3)
}
