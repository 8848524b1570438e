package eval

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// eachWindow calls f with every place of a window: its number in an output
// plane, where in an input plane what it sees stands, in order, and how many places of
// it are within the input and the pads that were asked for.
func (r *run) eachWindow(g ops.Conv, in tensor.Shape, f func(o int, at []int, padded int) error) error {
	steps := strides(in)
	if _, err := r.scratch(tensor.Shape(g.Kernel).Elements()); err != nil {
		return err
	}
	at := make([]int, 0, tensor.Shape(g.Kernel).Elements())
	return r.eachIndex(g.Out[2:], func(o int, index []int) error {
		at = append(at[:0], 0)
		padded := 1
		for axis, i := range index {
			first, counted := i*g.Stride[axis]-g.PadBegin[axis], 0
			seen := len(at)
			for k := range g.Kernel[axis] {
				if first+k*g.Dilation[axis] < in[axis]+g.PadEnd[axis]-g.Beyond[axis] {
					counted++
				}
			}
			for _, base := range at[:seen] {
				for k := range g.Kernel[axis] {
					if x := first + k*g.Dilation[axis]; x >= 0 && x < in[axis] {
						at = append(at, base+x*steps[axis])
					}
					if err := r.spend(seen); err != nil {
						return err
					}
				}
			}
			at = append(at[:0], at[seen:]...)
			padded *= counted
		}
		return f(o, at, padded)
	})
}

// pool is the kernel of pooling with floats: f makes a result of what a window
// sees, and takes so many operations for each element.
func pool(f func(r *run, seen []float64, padded int) float64, each int) kernel {
	return func(r *run) error {
		g, err := ops.PoolOf(r.Call)
		if err != nil {
			return err
		}
		x, err := r.floats(r.in[0])
		if err != nil {
			return err
		}
		in := r.in[0].Shape[2:]
		size, outSize := in.Elements(), g.Out[2:].Elements()
		var seen []float64
		return r.eachWindow(g, in, func(o int, at []int, padded int) error {
			for plane := range g.Out[0] * g.Out[1] {
				seen = seen[:0]
				for _, i := range at {
					seen = append(seen, x[plane*size+i])
				}
				store(r.out[0], plane*outSize+o, 1, []float64{f(r, seen, padded)})
				if err := r.spend(each * (len(at) + 1)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// average divides by the elements seen, or by those of the padding, too.
func average(r *run, seen []float64, padded int) float64 {
	if r.Attrs.Int("count_include_pad", 0) == 0 {
		padded = len(seen)
	}
	return sumOf(seen) / float64(max(padded, 1))
}

func lpPool(r *run) error {
	p := float64(r.Attrs.Int("p", 2))
	if r.Version < 2 {
		p = float64(r.Attrs.Float("p", 2))
	}
	mean := powerMean(p)
	return pool(func(_ *run, seen []float64, _ int) float64 { return mean(seen) }, 16)(r)
}

func maxPool(r *run) error {
	x, err := r.widest(r.in[0])
	if err != nil {
		return err
	}
	switch x := x.Data.(type) {
	case []float64:
		return maxWindows(r, x, math.Inf(-1))
	case []int64:
		return maxWindows(r, x, math.MinInt8)
	case []uint64:
		return maxWindows(r, x, 0)
	}
	return r.noType()
}

// maxWindows finds the greatest that each window sees. NaN stays.
func maxWindows[A number](r *run, x []A, least A) error {
	g, err := ops.PoolOf(r.Call)
	if err != nil {
		return err
	}
	in := r.in[0].Shape[2:]
	size, outSize := in.Elements(), g.Out[2:].Elements()
	return r.eachWindow(g, in, func(o int, at []int, _ int) error {
		for plane := range g.Out[0] * g.Out[1] {
			most, from := least, -1
			for _, i := range at {
				if v := x[plane*size+i]; v > most || v != v || from < 0 {
					most, from = v, i
				}
			}
			if err := put(r.out[0], plane*outSize+o, most); err != nil {
				return err
			}
			if len(r.out) > 1 {
				tensor.Data[int64](r.out[1])[plane*outSize+o] = int64(plane*size + r.stored(in, from))
			}
			if err := r.spend(len(at) + 1); err != nil {
				return err
			}
		}
		return nil
	})
}

// stored is the index of an element of a plane, in row-major order or, if
// storage_order is set, with the first axis running fastest.
func (r *run) stored(plane tensor.Shape, i int) int {
	if r.Attrs.Int("storage_order", 0) == 0 || i < 0 {
		return i
	}
	at, step := 0, 1
	for axis, s := range strides(plane) {
		at += i / s % plane[axis] * step
		step *= plane[axis]
	}
	return at
}

// maxUnpool writes the elements where the indices say, which count in the output.
func maxUnpool(r *run) error {
	move, n := mover(r.out[0], r.in[0]), int64(r.out[0].Elements())
	for i, to := range tensor.Data[int64](r.in[1]) {
		if to < 0 || to >= n {
			return fmt.Errorf("index %d, the output has %d elements", to, n)
		}
		move(int(to), i, 1)
	}
	return r.spend(r.in[0].Elements())
}
