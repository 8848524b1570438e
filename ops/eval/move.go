package eval

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

// elements is a tensor's data to operators that move elements without looking
// at them.
type elements interface {
	// copyRow returns a loop body that copies elements of src: operand 0 is the
	// receiver, operand 1 is src.
	copyRow(src elements) func(l loop, at [operands]int)
	// chooseRow does so where cond, operand 2, holds.
	chooseRow(src elements, cond []bool) func(l loop, at [operands]int)
}

type list[T any] []T

func (s list[T]) copyRow(src elements) func(l loop, at [operands]int) {
	from := src.(list[T])
	return func(l loop, at [operands]int) {
		if l.step[0] == 1 && l.step[1] == 1 {
			copy(s[at[0]:at[0]+l.n], from[at[1]:at[1]+l.n])
			return
		}
		for i := range l.n {
			s[at[0]+i*l.step[0]] = from[at[1]+i*l.step[1]]
		}
	}
}

func (s list[T]) chooseRow(src elements, cond []bool) func(l loop, at [operands]int) {
	from := src.(list[T])
	return func(l loop, at [operands]int) {
		for i := range l.n {
			if cond[at[2]+i*l.step[2]] {
				s[at[0]+i*l.step[0]] = from[at[1]+i*l.step[1]]
			}
		}
	}
}

// elementsOf wraps t's data.
func elementsOf(t *tensor.Tensor) elements {
	switch data := t.Data.(type) {
	case []float32:
		return list[float32](data)
	case []float64:
		return list[float64](data)
	case []int8:
		return list[int8](data)
	case []int16:
		return list[int16](data)
	case []int32:
		return list[int32](data)
	case []int64:
		return list[int64](data)
	case []uint8:
		return list[uint8](data)
	case []uint16:
		return list[uint16](data)
	case []uint32:
		return list[uint32](data)
	case []uint64:
		return list[uint64](data)
	case []bool:
		return list[bool](data)
	case []string:
		return list[string](data)
	case []complex64:
		return list[complex64](data)
	case []complex128:
		return list[complex128](data)
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
	return r.walk(nest(shape, dst.step, src.step), [operands]int{dst.start, src.start}, dst.data.copyRow(src.data))
}

// noType is the error of a kernel for an element type that the operator allows
// and the kernel lacks.
func (r *run) noType() error {
	return fmt.Errorf("%s of %s is not implemented", r.Op, r.in[0].DType)
}
