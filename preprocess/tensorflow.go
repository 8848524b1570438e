package preprocess

import (
	"math"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// cropBefore is the official evaluation's crop (preprocessing.py of
// models/official/mnasnet): a square around the centre, whose side is the
// shorter side times Crop, computed in float32 and rounded down; half a pixel
// goes to the top and the left.
func (c Config) cropBefore(p *Picture) (*Picture, error) {
	side, _ := tensor.IntOf(float64(float32(c.Crop) * float32(min(p.Width, p.Height))))
	if side < 1 {
		return nil, errs.Format("picture", "%d × %d pixels, of which a crop of %v leaves none", p.Width, p.Height, c.Crop)
	}
	centre := window{(p.Width - side + 1) / 2, (p.Height - side + 1) / 2, side, side}
	if p.crop != nil {
		return p.crop(centre), nil
	}
	return p.view(centre), nil
}

// normalizeFloats subtracts mean and divides by std in float32. src is HWC in
// 0…255, dst a plane for each colour.
func (c Config) normalizeFloats(dst, src []float32) {
	area := len(src) / 3
	for ch := range 3 {
		mean, std := float32(c.Mean[ch]), float32(c.Std[ch])
		plane := dst[ch*area:][:area]
		for i := range plane {
			plane[i] = (src[3*i+ch] - mean) / std
		}
	}
}

// TensorFlow's resize of NHWC pictures to float32 works on one output pixel at
// a time: from four input pixels a side (bicubic) or two (bilinear), never
// more, also when the picture shrinks. The result is not clipped: bicubic goes
// below 0 and above 255.

// A floatTap is what one output pixel is made of along a side: the input
// pixels at index, each times its weight. For bilinear the first two count,
// and weight[1] alone: how far from the first to the second.
type floatTap struct {
	index  [4]int
	weight [4]float32
}

// tensorflowTaps returns the tap of output pixel i of a side that goes from in
// to out pixels.
var tensorflowTaps = map[Interpolation]func(i, in, out int) floatTap{
	Bilinear: func(i, in, out int) floatTap {
		return linearTap(cornerScale(i, in, out), in)
	},
	BilinearHalfPixel: func(i, in, out int) floatTap {
		return linearTap(centreScale(i, in, out), in)
	},
	Bicubic: func(i, in, out int) floatTap {
		return cubicTap(cornerScale(i, in, out), in, &cubicTable75)
	},
	BicubicHalfPixel: func(i, in, out int) floatTap {
		return cubicTap(centreScale(i, in, out), in, &cubicTable50).inside(cornerOf(centreScale(i, in, out)), in)
	},
}

// cornerScale maps the corner of an output pixel: align_corners and
// half_pixel_centers both false.
func cornerScale(i, in, out int) float32 {
	return float32(i) * (float32(in) / float32(out))
}

// centreScale maps the centre of an output pixel: half_pixel_centers.
func centreScale(i, in, out int) float32 {
	return float32((float32(i)+0.5)*(float32(in)/float32(out))) - 0.5
}

func cornerOf(at float32) int {
	n, _ := tensor.IntOf(math.Floor(float64(at)))
	return n
}

func linearTap(at float32, in int) floatTap {
	low := cornerOf(at)
	return floatTap{
		index:  [4]int{max(low, 0), tensor.IntWithin(math.Ceil(float64(at)), 0, in-1)},
		weight: [4]float32{0, at - float32(low)},
	}
}

// cubicSteps is the resolution at which the cubic kernel is tabulated.
const cubicSteps = 1024

// cubicTable holds the kernel at a distance of i/cubicSteps (near) and one
// pixel further (far).
type cubicTable [cubicSteps + 1]struct{ near, far float32 }

var (
	cubicTable75 = newCubicTable(-0.75) // as TensorFlow 1 had it
	cubicTable50 = newCubicTable(-0.5)  // Keys' own, with half_pixel_centers
)

// newCubicTable evaluates in float64 and rounds once.
func newCubicTable(a float64) (t cubicTable) {
	for i := range t {
		x := float64(i) / cubicSteps
		t[i].near = float32(float64((float64((a+2)*x)-(a+3))*x*x) + 1)
		x++
		t[i].far = float32(float64((float64((float64(a*x)-5*a)*x)+8*a)*x) - 4*a)
	}
	return t
}

// cubicTap takes pixels beyond the edge from the edge.
func cubicTap(at float32, in int, table *cubicTable) floatTap {
	low := cornerOf(at)
	step := tensor.IntWithin(math.RoundToEven(float64((at-float32(low))*cubicSteps)), 0, cubicSteps)
	t := floatTap{weight: [4]float32{
		table[step].far, table[step].near,
		table[cubicSteps-step].near, table[cubicSteps-step].far,
	}}
	for j := range t.index {
		t.index[j] = min(max(low-1+j, 0), in-1)
	}
	return t
}

// inside gives no weight to pixels beyond the edge and scales the others to a
// sum of 1, as half_pixel_centers does.
func (t floatTap) inside(low, in int) floatTap {
	sum := float32(0)
	for j := range t.weight {
		if at := low - 1 + j; at < 0 || at >= in {
			t.weight[j] = 0
		}
		sum += t.weight[j]
	}
	const least = 1000 * 0x1p-126
	if float32(math.Abs(float64(sum))) >= least {
		scale := 1 / sum
		for j := range t.weight {
			t.weight[j] *= scale
		}
	}
	return t
}

// tensorflowResize returns p resized to w × h, HWC.
func tensorflowResize(p *Picture, w, h int, f Interpolation) []float32 {
	at := tensorflowTaps[f]
	xs := make([]floatTap, w)
	for x := range xs {
		xs[x] = at(x, p.Width, w)
	}
	out := make([]float32, 3*w*h)
	if f == Bilinear || f == BilinearHalfPixel {
		for y := range h {
			linearRow(out[3*w*y:][:3*w], p, at(y, p.Height, h), xs)
		}
		return out
	}
	columns := make([]float32, 3*p.Width)
	for y := range h {
		t := at(y, p.Height, h)
		mixRows(columns, p, t)
		cubicRow(out[3*w*y:][:3*w], columns, xs)
	}
	return out
}

// linearRow interpolates along x in both rows, then between them.
func linearRow(dst []float32, p *Picture, y floatTap, xs []floatTap) {
	top, bottom := p.row(y.index[0]), p.row(y.index[1])
	for i, x := range xs {
		for ch := range 3 {
			a, b := 3*x.index[0]+ch, 3*x.index[1]+ch
			t := lerp(float32(top[a]), float32(top[b]), x.weight[1])
			u := lerp(float32(bottom[a]), float32(bottom[b]), x.weight[1])
			dst[3*i+ch] = lerp(t, u, y.weight[1])
		}
	}
}

// lerp rounds the product before the sum on every machine.
func lerp(a, b, t float32) float32 {
	return a + float32((b-a)*t)
}

// mixRows adds four rows of p, weighted.
func mixRows(dst []float32, p *Picture, t floatTap) {
	a, b, c, d := p.row(t.index[0]), p.row(t.index[1]), p.row(t.index[2]), p.row(t.index[3])
	for i := range dst {
		dst[i] = mix(t.weight, float32(a[i]), float32(b[i]), float32(c[i]), float32(d[i]))
	}
}

// cubicRow adds four pixels of a row for each output pixel.
func cubicRow(dst, row []float32, xs []floatTap) {
	for i, x := range xs {
		a, b, c, d := row[3*x.index[0]:][:3], row[3*x.index[1]:][:3], row[3*x.index[2]:][:3], row[3*x.index[3]:][:3]
		for ch := range 3 {
			dst[3*i+ch] = mix(x.weight, a[ch], b[ch], c[ch], d[ch])
		}
	}
}

// mix adds from left to right, rounding each product.
func mix(w [4]float32, a, b, c, d float32) float32 {
	return float32(w[0]*a) + float32(w[1]*b) + float32(w[2]*c) + float32(w[3]*d)
}
