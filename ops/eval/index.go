package eval

import (
	"errors"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// mover returns a function that copies n elements in order, from element from
// of src to element to of dst.
func mover(dst, src *tensor.Tensor) func(to, from, n int) {
	row := elementsOf(dst).copyRow(elementsOf(src))
	return func(to, from, n int) { row(loop{n, [operands]int{1, 1}}, [operands]int{to, from}) }
}

// eachIndex calls f with every index of a shape in row-major order, and its
// number. f must not keep index.
func (r *run) eachIndex(shape tensor.Shape, f func(i int, index []int) error) error {
	n := shape.Elements()
	index := make([]int, len(shape))
	for i := range n {
		if err := f(i, index); err != nil {
			return err
		}
		for axis := len(shape) - 1; axis >= 0; axis-- {
			if index[axis]++; index[axis] < shape[axis] {
				break
			}
			index[axis] = 0
		}
		if err := r.spend(1); err != nil {
			return err
		}
	}
	return nil
}

// sort orders a list, equal ones as they come; a comparison takes so many operations.
// Once there are none left, all compare as equal, which ends it soon.
func (r *run) sort(list []int, cost int, compare func(a, b int) int) error {
	var failed error
	slices.SortStableFunc(list, func(a, b int) int {
		if failed != nil {
			return 0
		}
		failed = r.spend(cost)
		return compare(a, b)
	})
	return failed
}

// offsetOf is where an index stands.
func offsetOf(index, steps []int) int {
	at := 0
	for i, v := range index {
		at += v * steps[i]
	}
	return at
}

// wrapped is an index that counts from the end of a dimension if negative.
func wrapped(i int64, dim int) int {
	if i < 0 {
		return int(i) + dim
	}
	return int(i)
}

// gather sees the output as the data's shape with the axis as long as there are
// indices.
func gather(r *run) error {
	data, indices := r.in[0], r.in[1]
	axis, err := r.Axis()
	if err != nil {
		return err
	}
	list, _ := integers(indices)
	shape := data.Shape.Clone()
	shape[axis] = len(list)
	return r.slabs(shape, axis, len(list), whole(r.out[0].Reshape(shape...)), whole(data), func(i int) int {
		return wrapped(list[i], data.Shape[axis])
	})
}

// integers returns the elements of a tensor of int32 or int64.
func integers(t *tensor.Tensor) ([]int64, bool) {
	switch data := t.Data.(type) {
	case []int64:
		return data, true
	case []int32:
		return widenInts(data), true
	}
	return nil, false
}

// elementwise calls f with every index tuple of input 1, and the element of
// input 0 that it means along the axis.
func (r *run) elementwise(f func(i, at int) error) error {
	axis, err := r.Axis()
	if err != nil {
		return err
	}
	list, _ := integers(r.in[1])
	steps, dim := strides(r.in[0].Shape), r.in[0].Shape[axis]
	return r.eachIndex(r.in[1].Shape, func(i int, index []int) error {
		return f(i, offsetOf(index, steps)+(wrapped(list[i], dim)-index[axis])*steps[axis])
	})
}

func gatherElements(r *run) error {
	move := mover(r.out[0], r.in[0])
	return r.elementwise(func(i, at int) error {
		move(i, at, 1)
		return nil
	})
}

func scatterElements(r *run) error {
	if err := r.copyAll(r.out[0], r.in[0]); err != nil {
		return err
	}
	put, err := r.scatter()
	if err != nil {
		return err
	}
	return r.elementwise(func(i, at int) error { return put(at, i, 1) })
}

// scatter returns the function that combines n elements of input 2 with those
// of output 0, as attribute reduction says.
func (r *run) scatter() (func(to, from, n int) error, error) {
	var f binary
	switch r.Attrs.String("reduction", "none") {
	case "add":
		f = binary{add[float64], add[int64], add[uint64]}
	case "mul":
		f = binary{multiply[float64], multiply[int64], multiply[uint64]}
	case "max":
		f = maximum
	case "min":
		f = minimum
	default:
		move := mover(r.out[0], r.in[2])
		return func(to, from, n int) error { move(to, from, n); return nil }, nil
	}
	updates, err := r.widest(r.in[2])
	if err != nil {
		return nil, err
	}
	return func(to, from, n int) error {
		for i := range n {
			if err := f.combine(r.out[0], to+i, updates, from+i); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// combine sets element i of t to f of it and element k of a tensor of the
// widest type of its class.
func (f binary) combine(t *tensor.Tensor, i int, wide *tensor.Tensor, k int) error {
	now := tensor.New(wide.DType, 1)
	if err := castOne(now, 0, t, i); err != nil {
		return err
	}
	switch x := wide.Data.(type) {
	case []float64:
		return put(t, i, f.float(tensor.Data[float64](now)[0], x[k]))
	case []int64:
		return put(t, i, f.int(tensor.Data[int64](now)[0], x[k]))
	case []uint64:
		return put(t, i, f.uint(tensor.Data[uint64](now)[0], x[k]))
	}
	return errors.New("no number")
}

// castOne converts one element of in to one of out.
func castOne(out *tensor.Tensor, to int, in *tensor.Tensor, from int) error {
	if out.DType == in.DType {
		mover(out, in)(to, from, 1)
		return nil
	}
	one := tensor.New(in.DType, 1)
	mover(one, in)(0, from, 1)
	result := tensor.New(out.DType, 1)
	if err := castRange(result, one, 0, 1); err != nil {
		return err
	}
	mover(out, result)(to, 0, 1)
	return nil
}

// slices calls f for every index tuple of input 1, after batch dimensions that
// it shares with input 0: its number, where the slice that it means starts in
// input 0, and how many elements that has.
func (r *run) slices(batch int, f func(i, at, n int) error) error {
	data, indices := r.in[0].Shape, r.in[1].Shape
	list, _ := integers(r.in[1])
	steps, width := strides(data), indices[len(indices)-1]
	size := data[batch+width:].Elements()
	return r.eachIndex(indices[:len(indices)-1], func(i int, index []int) error {
		at := offsetOf(index[:batch], steps)
		for k, v := range list[i*width:][:width] {
			at += wrapped(v, data[batch+k]) * steps[batch+k]
		}
		if err := f(i, at, size); err != nil {
			return err
		}
		return r.spend(size)
	})
}

func gatherND(r *run) error {
	move := mover(r.out[0], r.in[0])
	return r.slices(int(r.Attrs.Int("batch_dims", 0)), func(i, at, n int) error {
		move(i*n, at, n)
		return nil
	})
}

func scatterND(r *run) error {
	if err := r.copyAll(r.out[0], r.in[0]); err != nil {
		return err
	}
	put, err := r.scatter()
	if err != nil {
		return err
	}
	return r.slices(0, func(i, at, n int) error { return put(at, i*n, n) })
}

// oneHot writes values[0], then values[1] where the index says. An index out of
// range marks nothing.
func oneHot(r *run) error {
	if err := r.expandTo(r.out[0], tensorAt(r.in[2], 0)); err != nil {
		return err
	}
	indices, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	axis := wrapped(r.Attrs.Int("axis", -1), len(r.out[0].Shape))
	depth, steps, move := r.out[0].Shape[axis], strides(r.out[0].Shape), mover(r.out[0], r.in[2])
	return r.eachIndex(r.in[0].Shape, func(i int, index []int) error {
		k := indices[i]
		if k < 0 {
			k += float64(depth)
		}
		if k >= 0 && k < float64(depth) {
			move(offsetOf(slices.Insert(slices.Clone(index), axis, tensor.IntWithin(k, 0, depth-1)), steps), 1, 1)
		}
		return nil
	})
}

// tensorAt is element i of t as a scalar.
func tensorAt(t *tensor.Tensor, i int) *tensor.Tensor {
	one := tensor.New(t.DType)
	mover(one, t)(0, i, 1)
	return one
}

// tensorScatter writes the update into the cache, for each sample from its
// index on, around the end if the mode is circular.
func tensorScatter(r *run) error {
	if err := r.copyAll(r.out[0], r.in[0]); err != nil {
		return err
	}
	starts := make([]int64, r.in[0].Shape[0])
	if r.has(2) {
		starts, _ = integers(r.in[2])
	}
	axis := wrapped(r.Attrs.Int("axis", -2), len(r.in[0].Shape))
	steps, size, move := strides(r.out[0].Shape), r.out[0].Shape[axis], mover(r.out[0], r.in[1])
	return r.eachIndex(r.in[1].Shape, func(i int, index []int) error {
		at := (int(starts[index[0]]%int64(size)) + index[axis]) % size
		move(offsetOf(index, steps)+(at-index[axis])*steps[axis], i, 1)
		return nil
	})
}
