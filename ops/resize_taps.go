package ops

import (
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// Tap is an element along an axis that a resized element is made of.
type Tap struct {
	From   int
	Weight float64
}

// Taps returns what output index i of an axis with n inputs is made of. It is
// not inside if the part of the input that is shown does not reach there.
func (z Resize) Taps(axis, i, n int) (taps []Tap, inside bool) {
	x, inside := z.coordinate(axis, i, n)
	if !inside {
		return nil, false
	}
	if z.Mode == "nearest" {
		mode := z.Nearest
		if z.Scale[axis].Value() < 1 {
			mode = z.Smaller
		}
		return []Tap{{tensor.IntWithin(rounding[mode](x), 0, n-1), 1}}, true
	}
	first, weights := z.weights(x, z.Scale[axis].Value(), n)
	for k, w := range weights {
		taps = append(taps, Tap{min(max(first+k, 0), n-1), w})
	}
	return taps, true
}

var rounding = map[string]func(float64) float64{
	"floor": math.Floor, "ceil": math.Ceil,
	"round_prefer_floor": func(x float64) float64 { return math.Ceil(x - 0.5 - half) },
	"round_prefer_ceil":  func(x float64) float64 { return math.Floor(x + 0.5 + half) },
}

// half is how far a coordinate may be from the middle between two elements and
// still count as there: what ONNX Runtime allows for the rounding of float32.
const half = 1e-6

// coordinate is where output index i of an axis lies among its n inputs. It is
// not inside if the part of the input that is shown does not reach there. An axis
// whose scale is 1 stays as it is in all coordinates but those of a part.
func (z Resize) coordinate(axis, i, n int) (x float64, inside bool) {
	switch s := z.Scale[axis]; {
	case z.Coordinates == "tf_crop_and_resize":
		x := float64(z.cropped(axis, float32(i), float32(n)))
		return x, x >= 0 && x <= float64(n-1)
	case s.One():
		return float64(i), true
	case z.Coordinates == "align_corners":
		return float64(i) * float64(n-1) / max(float64(z.Out[axis]-1), 1), true
	case z.Coordinates == "pytorch_half_pixel" && z.Out[axis] <= 1:
		return 0, true
	case s.Rounded:
		return float64(z.rounded(s.float32(), float32(i), float32(n), float32(z.Out[axis]))), true
	default:
		return z.exact(s, float64(i), float64(n), float64(z.Out[axis])), true
	}
}

// exact is the coordinate as a fraction, which is rounded once, in its division:
// none but an integer becomes one.
func (z Resize) exact(s Scale, at, n, m float64) float64 {
	switch z.Coordinates {
	case "half_pixel", "pytorch_half_pixel":
		return ((2*at+1)*s.In - s.Out) / (2 * s.Out)
	case "half_pixel_symmetric":
		return (n*s.Out + (2*at+1-m)*s.In - s.Out) / (2 * s.Out)
	case "tf_half_pixel_for_nn":
		return (2*at + 1) * s.In / (2 * s.Out)
	default: // asymmetric
		return at * s.In / s.Out
	}
}

// rounded is the coordinate in the arithmetic of ONNX Runtime, for a scale that is
// rounded itself: 3 / 0.6 is 5 in float32, and a bit less with all digits of its 0.6.
func (z Resize) rounded(s, at, n, m float32) float32 {
	switch z.Coordinates {
	case "half_pixel", "pytorch_half_pixel":
		return (at+0.5)/s - 0.5
	case "half_pixel_symmetric":
		offset := n / 2 * float32(1-m/float32(s*n))
		return float32(float64(offset) + (float64(at)+0.5)/float64(s) - 0.5)
	case "tf_half_pixel_for_nn":
		return (at + 0.5) / s
	default: // asymmetric
		return at / s
	}
}

// cropped is the coordinate in the part of the input that roi asks for, in float32
// as roi is.
func (z Resize) cropped(axis int, at, n float32) float32 {
	start, end, m := z.Start[axis], z.End[axis], z.Out[axis]
	if m <= 1 {
		return float32(0.5 * float64(start+end) * float64(n-1))
	}
	return float32(start*(n-1)) + float32(float32(at*(end-start))*(n-1))/float32(m-1)
}

// weights returns the weights of the inputs from index first on for the
// coordinate x. With antialias, the function that the weights are taken from is
// as wide as an output element.
func (z Resize) weights(x, scale float64, n int) (first int, weights []float64) {
	f, reach := Triangle, 1.0
	if z.Mode == "cubic" {
		f, reach = Cubic(z.CubicA), 2
	}
	if scale = min(scale, 1); !z.Antialias {
		scale = 1
	}
	start := tensor.IntWithin(math.Floor(-reach/scale), math.MinInt32, 0) + 1
	base := tensor.IntWithin(math.Ceil(x), math.MinInt32, math.MaxInt32) - 1
	sum := 0.0
	for k := start; k < 2-start; k++ {
		w := f(scale * (float64(base+k) - x))
		if i := base + k; z.ExcludeOutside && (i < 0 || i >= n) {
			w = 0
		}
		weights = append(weights, w)
		sum += w
	}
	for k := range weights {
		weights[k] /= sum
	}
	return base + start, weights
}

// Triangle is the convolution kernel of linear interpolation.
func Triangle(x float64) float64 { return max(0, 1-math.Abs(x)) }

// Cubic is the convolution kernel of cubic interpolation with parameter a.
func Cubic(a float64) func(x float64) float64 {
	return func(x float64) float64 {
		x = math.Abs(x)
		switch {
		case x <= 1:
			return ((a+2)*x-(a+3))*x*x + 1
		case x < 2:
			return ((a*x-5*a)*x+8*a)*x - 4*a
		}
		return 0
	}
}
