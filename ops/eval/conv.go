package eval

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

func conv(r *run) error {
	g, err := ops.ConvOf(r.Call)
	if err != nil {
		return err
	}
	var bias *tensor.Tensor
	if len(r.in) > 2 {
		bias = r.in[2]
	}
	return r.convolve(g, part{weight: r.in[1], bias: bias})
}

func mdconv(r *run) error {
	m, err := ops.MDConvOf(r.Call)
	if err != nil {
		return err
	}
	channel := 0
	for i, g := range m.Groups {
		p := part{weight: r.in[1+i], bias: r.in[len(r.in)-1], channel: channel}
		if err := r.convolve(g, p); err != nil {
			return err
		}
		channel += m.Split[i]
	}
	return nil
}

// part is a convolution that reads and writes a range of the channels of input
// 0 and output 0: the range that starts at channel. bias counts from there too.
type part struct {
	weight, bias *tensor.Tensor // bias may be nil
	channel      int
}

func (r *run) convolve(g ops.Conv, p part) error {
	x, err := r.widen(r.in[0])
	if err != nil {
		return err
	}
	w, err := r.widen(p.weight)
	if err != nil {
		return err
	}
	if data, ok := x.([]float32); ok {
		return convolve(r, g, p, data, w.([]float32))
	}
	return convolve(r, g, p, x.([]float64), w.([]float64))
}

func convolve[T float](r *run, g ops.Conv, p part, x, w []T) error {
	l, err := newLattice(r, g)
	if err != nil {
		return err
	}
	in, out := r.in[0].Shape, r.out[0].Shape
	outputs, channels := p.weight.Shape[0], p.weight.Shape[1] // channels of one group
	inPlane, outPlane, taps := in[2:].Elements(), out[2:].Elements(), p.weight.Shape[2:].Elements()
	acc, err := r.scratch(outPlane)
	if err != nil {
		return err
	}
	for n := range g.Out[0] {
		for m := range outputs {
			clear(acc)
			if p.bias != nil {
				fill(acc, at(p.bias, p.channel+m))
			}
			first := p.channel + m/(outputs/g.Group)*channels
			for c := range channels {
				plane := x[(n*in[1]+first+c)*inPlane:][:inPlane]
				if err := addPlane(r, l, acc, plane, w[(m*channels+c)*taps:][:taps]); err != nil {
					return err
				}
			}
			store(r.out[0], (n*out[1]+p.channel+m)*outPlane, 1, acc)
		}
	}
	return nil
}

func fill(s []float64, v float64) {
	for i := range s {
		s[i] = v
	}
}

// lattice says which inputs each tap of a kernel meets, with every convolution
// seen as one over three spatial axes, which is
// the most that inference lets through.
type lattice struct {
	in, out, stride [3]int
	spans           [3][]span // by axis, then tap
}

// span is the run of output positions along an axis where one tap reads an
// input rather than padding, and the input position of the first.
type span struct{ lo, hi, in int }

func newLattice(r *run, g ops.Conv) (*lattice, error) {
	in, out := r.in[0].Shape[2:], g.Out[2:]
	if pointwise(g) {
		in, out = tensor.Shape{in.Elements()}, tensor.Shape{out.Elements()}
		g = ops.Conv{Kernel: []int{1}, Stride: []int{1}, Dilation: []int{1}, PadBegin: []int{0}}
	}
	l := &lattice{in: [3]int{1, 1, 1}, out: [3]int{1, 1, 1}, stride: [3]int{1, 1, 1}}
	for axis := range l.spans {
		from := axis - (3 - len(in))
		if from < 0 {
			l.spans[axis] = []span{{0, 1, 0}}
			continue
		}
		l.in[axis], l.out[axis], l.stride[axis] = in[from], out[from], g.Stride[from]
		if _, err := r.scratch(3 * g.Kernel[from]); err != nil {
			return nil, err
		}
		for k := range g.Kernel[from] {
			l.spans[axis] = append(l.spans[axis], spanOf(k*g.Dilation[from]-g.PadBegin[from], in[from], out[from], g.Stride[from]))
		}
	}
	return l, nil
}

// pointwise reports whether every output sees the one input at its own place,
// so that all spatial axes run as one.
func pointwise(g ops.Conv) bool {
	for i := range g.Kernel {
		if g.Kernel[i] != 1 || g.Stride[i] != 1 || g.PadBegin[i] != 0 || g.PadEnd[i] != 0 {
			return false
		}
	}
	return true
}

// spanOf finds the o in 0 … out-1 with o·stride + shift in 0 … in-1.
func spanOf(shift, in, out, stride int) span {
	var s span
	if shift < 0 {
		s.lo = (-shift-1)/stride + 1
	}
	if last := in - 1 - shift; last >= 0 {
		s.hi = min(out, last/stride+1)
	}
	if s.lo >= s.hi {
		return span{}
	}
	s.in = s.lo*stride + shift
	return s
}

// addPlane adds to acc, one output plane, what one input plane contributes
// through its kernel w.
func addPlane[T float](r *run, l *lattice, acc []float64, x, w []T) error {
	tap := 0
	for _, z := range l.spans[0] {
		for _, y := range l.spans[1] {
			for _, c := range l.spans[2] {
				addTap(l, acc, x, float64(w[tap]), z, y, c)
				tap++
				if err := r.spend((z.hi - z.lo) * (y.hi - y.lo) * (c.hi - c.lo)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// addTap adds what one tap contributes. The conversion around the product keeps
// the compiler from fusing it into the addition on some machines only.
func addTap[T float](l *lattice, acc []float64, x []T, w float64, z, y, c span) {
	n, step := c.hi-c.lo, l.stride[2]
	for oz, iz := z.lo, z.in; oz < z.hi; oz, iz = oz+1, iz+l.stride[0] {
		for oy, iy := y.lo, y.in; oy < y.hi; oy, iy = oy+1, iy+l.stride[1] {
			sum := acc[(oz*l.out[1]+oy)*l.out[2]+c.lo:][:n]
			row := x[(iz*l.in[1]+iy)*l.in[2]+c.in:]
			if step == 1 {
				for i, v := range row[:n] {
					sum[i] += float64(w * float64(v))
				}
				continue
			}
			for i := range sum {
				sum[i] += float64(w * float64(row[i*step]))
			}
		}
	}
}
