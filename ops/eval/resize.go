package eval

import (
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
	if z.Mode == "nearest" {
		return r.resizeNearest(z)
	}
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	shape := r.in[0].Shape.Clone()
	for axis := range shape {
		if z.Scale[axis].One() && z.Coordinates != "tf_crop_and_resize" {
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
		taps, inside := z.Taps(axis, to, n)
		if !inside {
			for o := range outer {
				fill(out[(o*m+to)*inner:][:inner], float64(r.Attrs.Float("extrapolation_value", 0)))
			}
			continue
		}
		for _, t := range taps {
			for o := range outer {
				addScaled(out[(o*m+to)*inner:][:inner], t.Weight, x[(o*n+t.From)*inner:][:inner])
			}
			if err := r.spend(outer * inner); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// resizeNearest takes one element for each, whatever its type.
func (r *run) resizeNearest(z ops.Resize) error {
	in := r.in[0].Shape
	from := make([][]int, len(in)) // by axis and output index; -1 is outside
	for axis, n := range in {
		for i := range z.Out[axis] {
			at := -1
			if taps, inside := z.Taps(axis, i, n); inside {
				at = taps[0].From
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
