package eval

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// convTranspose adds every input element, times the kernel, to where it reaches
// in the output.
func convTranspose(r *run) error {
	g, err := ops.ConvTransposeOf(r.Call)
	if err != nil {
		return err
	}
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	w, err := r.floats(r.in[1])
	if err != nil {
		return err
	}
	bias, err := r.optional(2)
	if err != nil {
		return err
	}
	in, out := r.in[0].Shape, g.Out
	acc, err := r.scratch(out[2:].Elements())
	if err != nil {
		return err
	}
	plane, taps, channels := in[2:].Elements(), tensor.Shape(g.Kernel).Elements(), in[1]/g.Group
	filters := r.in[1].Shape[1]
	for n := range out[0] {
		for m := range out[1] {
			clear(acc)
			if bias != nil {
				fill(acc, bias[m])
			}
			for c := m / filters * channels; c < (m/filters+1)*channels; c++ {
				from, kernel := x[(n*in[1]+c)*plane:][:plane], w[(c*filters+m%filters)*taps:][:taps]
				err := r.eachReach(g, in[2:], out[2:], func(i, k, o int) { acc[o] += float64(from[i] * kernel[k]) })
				if err != nil {
					return err
				}
			}
			store(r.out[0], (n*out[1]+m)*len(acc), 1, acc)
		}
	}
	return nil
}

// eachReach calls f with every place i of the window of g, every tap k of it,
// and where in a plane of shape to that reaches, if it is inside.
func (r *run) eachReach(g ops.Conv, places, to tensor.Shape, f func(i, k, o int)) error {
	steps := strides(to)
	return r.eachIndex(g.Kernel, func(k int, tap []int) error {
		return r.eachIndex(places, func(i int, index []int) error {
			o := 0
			for axis, at := range index {
				p := at*g.Stride[axis] + tap[axis]*g.Dilation[axis] - g.PadBegin[axis]
				if p < 0 || p >= to[axis] {
					return nil
				}
				o += p * steps[axis]
			}
			f(i, k, o)
			return nil
		})
	})
}

// col2im adds up the columns where they came from.
func col2im(r *run) error {
	g, err := ops.Col2ImOf(r.Call)
	if err != nil {
		return err
	}
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	image := r.out[0].Shape[2:]
	acc, err := r.scratch(image.Elements())
	if err != nil {
		return err
	}
	places, taps := g.Out.Elements(), tensor.Shape(g.Kernel).Elements()
	for plane := range r.out[0].Shape[0] * r.out[0].Shape[1] {
		clear(acc)
		columns := x[plane*taps*places:][:taps*places]
		if err := r.eachReach(g, g.Out, image, func(i, k, o int) { acc[o] += columns[k*places+i] }); err != nil {
			return err
		}
		if err := put(r.out[0], plane*len(acc), acc...); err != nil {
			return err
		}
	}
	return nil
}
