package eval

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

// elements is a tensor's data to operators that move elements without looking
// at them.
type elements interface {
	// copyRow copies l.n elements of src, from at[1] by steps of l.step[1], to
	// at[0] by steps of l.step[0].
	copyRow(src elements, l loop, at [operands]int)
}

type slice[T any] []T

func (s slice[T]) copyRow(src elements, l loop, at [operands]int) {
	from := src.(slice[T])
	if l.step[0] == 1 && l.step[1] == 1 {
		copy(s[at[0]:at[0]+l.n], from[at[1]:at[1]+l.n])
		return
	}
	i, j := at[0], at[1]
	for range l.n {
		s[i] = from[j]
		i, j = i+l.step[0], j+l.step[1]
	}
}

// elementsOf wraps t's data.
func elementsOf(t *tensor.Tensor) elements {
	switch data := t.Data.(type) {
	case []float32:
		return slice[float32](data)
	case []float64:
		return slice[float64](data)
	case []int8:
		return slice[int8](data)
	case []int16:
		return slice[int16](data)
	case []int32:
		return slice[int32](data)
	case []int64:
		return slice[int64](data)
	case []uint8:
		return slice[uint8](data)
	case []uint16:
		return slice[uint16](data)
	case []uint32:
		return slice[uint32](data)
	case []uint64:
		return slice[uint64](data)
	case []bool:
		return slice[bool](data)
	case []string:
		return slice[string](data)
	case []complex64:
		return slice[complex64](data)
	case []complex128:
		return slice[complex128](data)
	}
	return nil
}

// region is a strided part of a tensor: the element (i0, i1, …) stands at
// start + Σ i·step.
type region struct {
	data  elements
	start int
	step  []int
}

// whole is the region of all elements of t.
func whole(t *tensor.Tensor) region { return region{elementsOf(t), 0, strides(t.Shape)} }

// from moves the region's origin to index i of an axis.
func (g region) from(axis, i int) region {
	g.start += i * g.step[axis]
	return g
}

// copy copies the part of src with the given shape to that of dst.
func (r *run) copy(shape tensor.Shape, dst, src region) error {
	return r.walk(nest(shape, dst.step, src.step), [operands]int{dst.start, src.start}, func(l loop, at [operands]int) {
		dst.data.copyRow(src.data, l, at)
	})
}

// noType is the error of a kernel for an element type that the operator allows
// and the kernel lacks.
func (r *run) noType() error {
	return fmt.Errorf("%s of %s is not implemented", r.Op, r.in[0].DType)
}
