package eval

import (
	"fmt"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// pad fills the output, places what remains of the input in it, and in the
// modes that repeat elements fills one axis after another from there.
func pad(r *run) error {
	begin, end, ok := ops.PadOf(r.Call)
	if !ok {
		return fmt.Errorf("pads are not known")
	}
	in, out := r.in[0], r.out[0]
	if len(r.in) > 2 && r.in[2] != nil {
		if err := r.expandTo(out, r.in[2].Reshape()); err != nil {
			return err
		}
	}
	dst, src, kept := whole(out), whole(in), in.Shape.Clone()
	for axis := range kept {
		dst = dst.from(axis, max(begin[axis], 0))
		src = src.from(axis, max(-begin[axis], 0))
		kept[axis] += min(begin[axis], 0) + min(end[axis], 0)
	}
	if err := r.copy(kept, dst, src); err != nil {
		return err
	}
	repeat := repetitions[r.Attrs.String("mode", "")]
	if repeat == nil {
		return nil
	}
	for axis, n := range kept {
		if err := r.repeatAxis(out, axis, max(begin[axis], 0), n, repeat); err != nil {
			return err
		}
	}
	return nil
}

// repetitions says for each mode which of the n indices 0 … n-1 an index
// outside repeats.
var repetitions = map[string]func(i, n int) int{
	"edge": func(i, n int) int { return min(max(i, 0), n-1) },
	"reflect": func(i, n int) int {
		if i < 0 {
			return -i
		}
		return 2*(n-1) - i
	},
	"wrap": func(i, n int) int { return ((i % n) + n) % n },
}

// repeatAxis fills the slabs of t before index first and from first+n on.
func (r *run) repeatAxis(t *tensor.Tensor, axis, first, n int, repeat func(i, n int) int) error {
	all := whole(t)
	source := func(i int) int { return first + repeat(i-first, n) }
	if err := r.slabs(t.Shape, axis, first, all, all, source); err != nil {
		return err
	}
	last := first + n
	return r.slabs(t.Shape, axis, t.Shape[axis]-last, all.from(axis, last), all, func(i int) int { return source(last + i) })
}
