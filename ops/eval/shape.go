package eval

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// inferred is for operators whose result inference knows already.
func inferred(r *run) error { return r.copyAll(r.out[0], r.types[0].Value) }

// identity copies input 0, broadcasting it to the output's shape.
func identity(r *run) error { return r.expandTo(r.out[0], r.in[0]) }

// reshape copies input 0 element by element to a shape of the same size.
func reshape(r *run) error { return r.copyAll(r.out[0], r.in[0]) }

// copyAll copies all elements in order.
func (r *run) copyAll(dst, src *tensor.Tensor) error {
	n := dst.Elements()
	return r.copy(tensor.Shape{n}, whole(dst.Reshape(n)), whole(src.Reshape(n)))
}

// expandTo copies src to dst, broadcasting.
func (r *run) expandTo(dst, src *tensor.Tensor) error {
	from := region{elementsOf(src), 0, broadcastSteps(src.Shape, dst.Shape)}
	return r.copy(dst.Shape, whole(dst), from)
}

func constantOfShape(r *run) error {
	value := r.Attrs.Tensor("value")
	if value == nil {
		return nil // zeros
	}
	return r.expandTo(r.out[0], value.Reshape())
}

func dropout(r *run) error {
	if len(r.out) > 1 {
		ones := make([]int64, r.out[1].Elements())
		for i := range ones {
			ones[i] = 1
		}
		if err := castInts(r.out[1], 0, ones); err != nil {
			return err
		}
	}
	return identity(r)
}

func transpose(r *run) error {
	perm, err := ops.PermOf(r.Call)
	if err != nil {
		return err
	}
	src := whole(r.in[0])
	steps := make([]int, len(perm))
	for i, a := range perm {
		steps[i] = src.step[a]
	}
	src.step = steps
	return r.copy(r.out[0].Shape, whole(r.out[0]), src)
}

func slice(r *run) error {
	begin, step, _, err := ops.SliceOf(r.Call)
	if err != nil {
		return err
	}
	src := whole(r.in[0])
	for axis := range begin {
		src = src.from(axis, begin[axis])
	}
	for axis := range step {
		src.step[axis] *= step[axis]
	}
	return r.copy(r.out[0].Shape, whole(r.out[0]), src)
}

func split(r *run) error {
	axis, _, err := ops.SplitOf(r.Call)
	if err != nil {
		return err
	}
	src := whole(r.in[0])
	for _, out := range r.out {
		if err := r.copy(out.Shape, whole(out), src); err != nil {
			return err
		}
		src = src.from(axis, out.Shape[axis])
	}
	return nil
}

func concat(r *run) error {
	axis, err := r.Axis()
	if err != nil {
		return err
	}
	dst := whole(r.out[0])
	for _, in := range r.in {
		if err := r.copy(in.Shape, dst, whole(in)); err != nil {
			return err
		}
		dst = dst.from(axis, in.Shape[axis])
	}
	return nil
}

// slabs copies the slab of src at index from(i) of an axis to that of dst at
// index i, for n slabs of the given shape: dst and src without the axis.
func (r *run) slabs(shape tensor.Shape, axis, n int, dst, src region, from func(i int) int) error {
	dstStep, srcStep := dst.step[axis], src.step[axis]
	shape = slices.Delete(shape.Clone(), axis, axis+1)
	loops := nest(shape, without(dst.step, axis), without(src.step, axis))
	for i := range n {
		at := [operands]int{dst.start + i*dstStep, src.start + from(i)*srcStep}
		if err := r.walk(loops, at, dst.data.copyRow(src.data)); err != nil {
			return err
		}
	}
	return nil
}

func without(s []int, i int) []int { return slices.Delete(slices.Clone(s), i, i+1) }

// where copies Y, then X over it where the condition holds.
func where(r *run) error {
	cond, x, y, out := r.in[0], r.in[1], r.in[2], r.out[0]
	if err := r.expandTo(out, y); err != nil {
		return err
	}
	dst := whole(out)
	loops := nest(out.Shape, dst.step, broadcastSteps(x.Shape, out.Shape), broadcastSteps(cond.Shape, out.Shape))
	return r.walk(loops, [operands]int{}, dst.data.chooseRow(elementsOf(x), tensor.Data[bool](cond)))
}
