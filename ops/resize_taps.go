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
		if z.Scale[axis] < 1 {
			mode = z.Smaller
		}
		return []Tap{{tensor.IntWithin(rounding[mode](x), 0, n-1), 1}}, true
	}
	first, weights := z.weights(x, z.Scale[axis], n)
	for k, w := range weights {
		taps = append(taps, Tap{min(max(first+k, 0), n-1), w})
	}
	return taps, true
}

var rounding = map[string]func(float64) float64{
	"floor": math.Floor, "ceil": math.Ceil,
	"round_prefer_floor": func(x float64) float64 { return math.Ceil(x - 0.5) },
	"round_prefer_ceil":  func(x float64) float64 { return math.Floor(x + 0.5) },
}

// coordinate is where output index i of an axis lies among its n inputs. It is
// not inside if the part of the input that is shown does not reach there.
func (z Resize) coordinate(axis, i, n int) (x float64, inside bool) {
	at, size, scale := float64(i), float64(n), z.Scale[axis]
	length := scale * size // the output's, before it was rounded
	switch z.Coordinates {
	case "half_pixel":
		x = (at+0.5)/scale - 0.5
	case "half_pixel_symmetric":
		x = size/2*(1-float64(z.Out[axis])/length) + (at+0.5)/scale - 0.5
	case "pytorch_half_pixel":
		if length > 1 {
			x = (at+0.5)/scale - 0.5
		}
	case "align_corners":
		if length != 1 {
			x = at * (size - 1) / (length - 1)
		}
	case "tf_half_pixel_for_nn":
		x = (at + 0.5) / scale
	case "tf_crop_and_resize":
		start, end := z.Start[axis], z.End[axis]
		x = (start + end) / 2 * (size - 1)
		if z.Out[axis] > 1 {
			x = start*(size-1) + at*(end-start)*(size-1)/float64(z.Out[axis]-1)
		}
		return x, x >= 0 && x <= size-1
	default: // asymmetric
		x = at / scale
	}
	return x, true
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
