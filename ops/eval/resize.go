package eval

import (
	"math"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// resize works on one axis after another: every output element is a weighted
// sum of input elements along it.
func resize(r *run) error {
	z, err := ops.ResizeOf(r.Call)
	if err != nil {
		return err
	}
	if r.Attrs.String("mode", "nearest") == "nearest" {
		return r.resizeNearest(z)
	}
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	shape := r.in[0].Shape.Clone()
	for axis := range shape {
		if shape[axis] == z.Out[axis] && z.Scale[axis] == 1 && z.Coordinates != "tf_crop_and_resize" {
			continue
		}
		if x, err = r.resizeAxis(z, x, shape, axis); err != nil {
			return err
		}
		shape[axis] = z.Out[axis]
	}
	return put(r.out[0], 0, x...)
}

// resizeAxis returns x, of the given shape, resized along one axis.
func (r *run) resizeAxis(z ops.Resize, x []float64, shape tensor.Shape, axis int) ([]float64, error) {
	outer, n, inner := shape[:axis].Elements(), shape[axis], shape[axis+1:].Elements()
	m := z.Out[axis]
	out, err := r.scratch(outer * m * inner)
	if err != nil {
		return nil, err
	}
	for to := range m {
		c, inside := coordinate(z, axis, to, n)
		if !inside {
			for o := range outer {
				fill(out[(o*m+to)*inner:][:inner], float64(r.Attrs.Float("extrapolation_value", 0)))
			}
			continue
		}
		first, weights := r.resizeWeights(c, z.Scale[axis], n)
		for k, w := range weights {
			from := min(max(first+k, 0), n-1)
			for o := range outer {
				addScaled(out[(o*m+to)*inner:][:inner], w, x[(o*n+from)*inner:][:inner])
			}
			if err := r.spend(outer * inner); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// coordinate is where output index i of an axis lies among its n inputs. It is
// not inside if the part of the input that is shown does not reach there.
func coordinate(z ops.Resize, axis, i, n int) (x float64, inside bool) {
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

// resizeWeights returns the weights of the inputs from index first on for the
// coordinate x. With antialias, the function that the weights are taken from is
// as wide as an output element.
func (r *run) resizeWeights(x, scale float64, n int) (first int, weights []float64) {
	f, reach := triangle, 1.0
	if r.Attrs.String("mode", "") == "cubic" {
		f, reach = cubic(float64(r.Attrs.Float("cubic_coeff_a", -0.75))), 2
	}
	if scale = min(scale, 1); r.Attrs.Int("antialias", 0) == 0 {
		scale = 1
	}
	start := int(math.Floor(-reach/scale)) + 1
	base := int(math.Ceil(x)) - 1
	sum := 0.0
	for k := start; k < 2-start; k++ {
		w := f(scale * (float64(base+k) - x))
		if i := base + k; r.Attrs.Int("exclude_outside", 0) != 0 && (i < 0 || i >= n) {
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

func triangle(x float64) float64 { return max(0, 1-math.Abs(x)) }

// cubic is the convolution kernel of cubic interpolation with parameter a.
func cubic(a float64) func(x float64) float64 {
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

// resizeNearest takes one element for each, whatever its type.
func (r *run) resizeNearest(z ops.Resize) error {
	in := r.in[0].Shape
	round := rounding[z.Nearest]
	from := make([][]int, len(in)) // by axis and output index; -1 is outside
	for axis, n := range in {
		for i := range z.Out[axis] {
			x, inside := coordinate(z, axis, i, n)
			at := -1
			if inside {
				at = int(min(max(round(x), 0), float64(n-1)))
			}
			from[axis] = append(from[axis], at)
		}
	}
	steps, move := strides(in), mover(r.out[0], r.in[0])
	return r.eachIndex(z.Out, func(o int, index []int) error {
		at := 0
		for axis, i := range index {
			k := from[axis][i]
			if k < 0 {
				return put(r.out[0], o, float64(r.Attrs.Float("extrapolation_value", 0)))
			}
			at += k * steps[axis]
		}
		move(o, at, 1)
		return nil
	})
}

var rounding = map[string]func(float64) float64{
	"floor": math.Floor, "ceil": math.Ceil,
	"round_prefer_floor": func(x float64) float64 { return math.Ceil(x - 0.5) },
	"round_prefer_ceil":  func(x float64) float64 { return math.Floor(x + 0.5) },
}
