package preprocess

import (
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// Pillow's resize of 8-bit pictures: two passes, along rows and then along
// columns, each with its own weights in fixed point and a result rounded to
// 8 bits. When a picture shrinks, the filter is stretched over as many input
// pixels as one output pixel covers (antialiasing).

// pillowBits are the fractional bits of a weight: of 32, eight for the pixel
// and two for what weights and sums have beyond 1.
const pillowBits = 32 - 8 - 2

// A pillowFilter is a kernel, zero beyond ±support.
type pillowFilter struct {
	support float64
	at      func(x float64) float64
}

var pillowFilters = map[Interpolation]pillowFilter{
	Box:      {0.5, boxKernel},
	Bilinear: {1, triangleKernel},
	Hamming:  {1, hammingKernel},
	Bicubic:  {2, keysKernel},
	Lanczos:  {3, lanczosKernel},
}

func boxKernel(x float64) float64 {
	if x > -0.5 && x <= 0.5 {
		return 1
	}
	return 0
}

func triangleKernel(x float64) float64 {
	return max(0, 1-math.Abs(x))
}

func hammingKernel(x float64) float64 {
	x = math.Abs(x)
	if x == 0 {
		return 1
	}
	if x >= 1 {
		return 0
	}
	x *= math.Pi
	const base, wave = float64(float32(0.54)), float64(float32(0.46)) // floats in C
	return math.Sin(x) / x * (base + float64(wave*math.Cos(x)))
}

// keysKernel is the cubic convolution kernel with a = -0.5. The conversions
// keep Go from fusing a product and a sum, which would round differently on
// some machines; so they do below.
func keysKernel(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	if x < 1 {
		return float64((float64((a+2)*x)-(a+3))*x*x) + 1
	}
	if x < 2 {
		return (float64((float64((x-5)*x)+8)*x) - 4) * a
	}
	return 0
}

func lanczosKernel(x float64) float64 {
	if x >= -3 && x < 3 {
		return sinc(x) * sinc(x/3)
	}
	return 0
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	x *= math.Pi
	return math.Sin(x) / x
}

// A tap is what one output pixel is made of: the input pixels from first on,
// each times its weight in units of 2^-pillowBits.
type tap struct {
	first   int
	weights []int32
}

// pillowTaps returns the taps of output pixels from…from+n-1 of a side that
// goes from in to out pixels.
func pillowTaps(f pillowFilter, in, out, from, n int) []tap {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := f.support * stretch
	taps := make([]tap, n)
	most := 2*tensor.IntWithin(math.Ceil(support), 0, math.MaxInt32) + 1
	weights := make([]float64, most)
	fixed := make([]int32, 0, n*min(most, in))
	for i := range taps {
		centre := float64((float64(from+i) + 0.5) * scale)
		first := tensor.IntWithin(centre-support+0.5, 0, in)
		last := tensor.IntWithin(centre+support+0.5, 0, in)
		sum := 0.0
		for j := range last - first {
			w := f.at((float64(first+j) - centre + 0.5) * (1 / stretch))
			weights[j] = w
			sum += w
		}
		start := len(fixed)
		for _, w := range weights[:last-first] {
			if sum != 0 {
				w /= sum
			}
			fixed = append(fixed, fixedPoint(w))
		}
		taps[i] = tap{first, fixed[start:len(fixed):len(fixed)]}
	}
	return taps
}

// fixedPoint rounds half away from zero.
func fixedPoint(w float64) int32 {
	w *= 1 << pillowBits // exact
	return int32(tensor.IntWithin(w+math.Copysign(0.5, w), math.MinInt32, math.MaxInt32))
}

// pillowResize returns the pixels of a window of p resized to w × h; they may
// be shared with p. A side that keeps its length is not filtered, and only the
// input pixels that the window needs are looked at.
//
// Which pass comes first shows in the rounding. Columns come first if the
// height shrinks by more than twice of what the width shrinks, as in Pillow 13;
// before, rows came first (in 12.3 but for pictures more than 100 times as tall
// as wide). Where the sides keep their ratio this concerns only pictures more
// than twice as tall as wide.
func pillowResize(p *Picture, w, h int, f Interpolation, win window) *Picture {
	filter := pillowFilters[f]
	across, x, width := pillowSide(filter, p.Width, w, win.x, win.w)
	down, y, height := pillowSide(filter, p.Height, h, win.y, win.h)
	part := p.view(window{x, y, width, height})
	if p.Height-h > max(0, 2*(p.Width-w)) {
		return resampleRows(resampleColumns(part, down), across)
	}
	return resampleColumns(resampleRows(part, across), down)
}

// pillowSide returns the taps of output pixels from…from+n-1 of a side, counted
// from first, and the input pixels that they need: count of them from first
// on. There are no taps if the side keeps its length.
func pillowSide(f pillowFilter, in, out, from, n int) (taps []tap, first, count int) {
	if in == out {
		return nil, from, n
	}
	taps = pillowTaps(f, in, out, from, n)
	first = taps[0].first
	for i := range taps {
		taps[i].first -= first
	}
	last := taps[n-1]
	return taps, first, last.first + len(last.weights)
}

// resampleRows makes each row's pixels from the taps.
func resampleRows(p *Picture, taps []tap) *Picture {
	if taps == nil {
		return p
	}
	out := newPicture(len(taps), p.Height)
	for y := range p.Height {
		src, dst := p.row(y), out.row(y)
		for i, t := range taps {
			r, g, b := int32(1<<(pillowBits-1)), int32(1<<(pillowBits-1)), int32(1<<(pillowBits-1))
			s := src[3*t.first:][:3*len(t.weights)]
			for _, w := range t.weights {
				r += w * int32(s[0])
				g += w * int32(s[1])
				b += w * int32(s[2])
				s = s[3:]
			}
			d := dst[3*i : 3*i+3 : 3*i+3]
			d[0], d[1], d[2] = clip8(r>>pillowBits), clip8(g>>pillowBits), clip8(b>>pillowBits)
		}
	}
	return out
}

// resampleColumns makes each row from the taps' rows.
func resampleColumns(p *Picture, taps []tap) *Picture {
	if taps == nil {
		return p
	}
	out := newPicture(p.Width, len(taps))
	sums := make([]int32, 3*p.Width)
	for y, t := range taps {
		for i := range sums {
			sums[i] = 1 << (pillowBits - 1)
		}
		for j, w := range t.weights {
			src := p.row(t.first + j)[:len(sums)]
			for i, v := range src {
				sums[i] += w * int32(v)
			}
		}
		dst := out.row(y)
		for i, v := range sums {
			dst[i] = clip8(v >> pillowBits)
		}
	}
	return out
}

// clip8 limits v to 0…255.
func clip8(v int32) uint8 {
	return uint8(min(max(v, 0), 255))
}
