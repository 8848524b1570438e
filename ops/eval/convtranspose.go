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
				err := r.eachReach(g, in[2:], out[2:], func(k, i, n, o, step int) {
					for _, v := range from[i:][:n] {
						acc[o] += float64(v * kernel[k])
						o += step
					}
				})
				if err != nil {
					return err
				}
			}
			store(r.out[0], (n*out[1]+m)*len(acc), 1, acc)
		}
	}
	return nil
}

// eachReach calls f with every tap k of the window g, and every row of places from
// which it reaches into a plane of shape to: from n of them, from i on, to o, o+step
// and so on.
func (r *run) eachReach(g ops.Conv, places, to tensor.Shape, f func(k, i, n, o, step int)) error {
	steps, last := strides(to), len(to)-1
	width, stride := places[last], g.Stride[last]
	return r.eachIndex(g.Kernel, func(k int, tap []int) error {
		reach := func(axis, at int) int { return at*g.Stride[axis] + tap[axis]*g.Dilation[axis] - g.PadBegin[axis] }
		begin := reach(last, 0)
		first := max(0, (stride-1-begin)/stride) // the first that reaches 0 or more
		n := 0
		if room := to[last] - 1 - begin; room >= 0 {
			n = min(width, room/stride+1) - first
		}
		if n <= 0 {
			return nil
		}
		return r.eachIndex(places[:last], func(row int, index []int) error {
			o := reach(last, first)
			for axis, at := range index {
				p := reach(axis, at)
				if p < 0 || p >= to[axis] {
					return nil
				}
				o += p * steps[axis]
			}
			f(k, row*width+first, n, o, stride)
			return r.spend(n)
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
		err := r.eachReach(g, g.Out, image, func(k, i, n, o, step int) {
			for _, v := range columns[k*places+i:][:n] {
				acc[o] += v
				o += step
			}
		})
		if err != nil {
			return err
		}
		if err := put(r.out[0], plane*len(acc), acc...); err != nil {
			return err
		}
	}
	return nil
}
