package kernel

import "github.com/mixconv/mixconv/runtime/internal/act"

// Image is a batch of pictures, or a range of their channels, channels last:
// channel c of pixel (y, x) of picture n is Data[((n·H+y)·W+x)·Pixel + c].
type Image struct {
	Data       []float32
	N, H, W, C int
	Pixel      int // floats from one pixel to the next, at least C
}

// at returns the channels of pixel i, counted over all pictures.
func (m *Image) at(i int) []float32 { return m.Data[i*m.Pixel:][:m.C] }

// channels returns the range [from, from+n) of m's channels.
func (m Image) channels(from, n int) Image {
	m.Data = m.Data[from:]
	m.C = n
	return m
}

func (m *Image) pixels() int { return m.N * m.H * m.W }

// Window is how a convolution moves over a picture.
type Window struct {
	KH, KW   int // kernel
	SH, SW   int // strides
	DH, DW   int // dilations
	Top, Lft int // padding before the first row and column
}

// pointwise reports whether every output pixel reads just the input pixel of
// the same place.
func (w Window) pointwise(in, out Image) bool {
	return w.KH == 1 && w.KW == 1 && w.SH == 1 && w.SW == 1 && w.Top == 0 && w.Lft == 0 && in.H == out.H && in.W == out.W
}

// span returns which taps of a kernel of size k fall inside [0, size) when the
// first lies at start: from ≤ tap < to.
func span(start, k, dilation, size int) (from, to int) {
	if start < 0 {
		from = (-start + dilation - 1) / dilation
	}
	to = k
	if last := start + (k-1)*dilation; last >= size {
		to = 0
		if size > start {
			to = (size - start + dilation - 1) / dilation
		}
	}
	return min(from, to), to
}

// pixelRun is neighbouring output pixels whose windows have the same columns
// from … to-1 inside the picture.
type pixelRun struct{ x, pixels, from, to int }

// run is the longest run from output pixel x on, in a row of out pixels over a
// row of in pixels.
func (w Window) run(x, out, in int) pixelRun {
	r := pixelRun{x: x, pixels: 1}
	r.from, r.to = span(x*w.SW-w.Lft, w.KW, w.DW, in)
	if r.from == 0 && r.to == w.KW {
		last := (in - 1 - (w.KW-1)*w.DW + w.Lft) / w.SW // that sees the whole window
		r.pixels = min(last+1, out) - x
		return r
	}
	for ; x+r.pixels < out; r.pixels++ {
		if from, to := span((x+r.pixels)*w.SW-w.Lft, w.KW, w.DW, in); from != r.from || to != r.to {
			break
		}
	}
	return r
}

// Finish is what follows the sum of products: y = act(x + residual).
type Finish struct {
	Residual Image // Data nil: none
	Act      act.Func
}

// clamp is what a kernel holds its sums in, and what is left to do then.
func (f Finish) clamp() (lo, hi float32, rest Finish) {
	if f.Residual.Data != nil {
		return -infinity, infinity, f
	}
	lo, hi, rest.Act = f.Act.Bounds()
	return lo, hi, rest
}

// apply finishes m pixels of out from pixel i on.
func (f *Finish) apply(s *Set, out *Image, i, m int) {
	if f.Residual.Data == nil && f.Act.Kind == act.None {
		return
	}
	if f.Residual.Data != nil {
		f.add(s, out, i, m)
	}
	if f.Act.Kind != act.None {
		x := out.Data[i*out.Pixel:]
		if out.Pixel == out.C {
			s.Activate(x, 0, x, 0, 1, m*out.C, f.Act)
			return
		}
		s.Activate(x, out.Pixel, x, out.Pixel, m, out.C, f.Act)
	}
}

func (f *Finish) add(s *Set, out *Image, i, m int) {
	if out.Pixel == out.C && f.Residual.Pixel == out.C {
		x := out.Data[i*out.C:]
		s.Add(x, 0, x, 0, f.Residual.Data[i*out.C:], 0, 1, m*out.C)
		return
	}
	x := out.Data[i*out.Pixel:]
	s.Add(x, out.Pixel, x, out.Pixel, f.Residual.Data[i*f.Residual.Pixel:], f.Residual.Pixel, m, out.C)
}
