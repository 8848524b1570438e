package tensor

import "fmt"

// Check returns an error unless t is what Tensor says: an element type, a shape
// that Size accepts, and as Data a slice of that type's Go type with one entry per
// element; of a sequence, elements of its type that are so too. New, Of and whatever
// reads files make such tensors; those that a caller has put together may be
// otherwise. It allocates nothing unless there is an error.
func (t *Tensor) Check() error {
	switch {
	case t == nil:
		return fmt.Errorf("no tensor")
	case t.DType.IsSequence():
		return t.checkSequence()
	}
	n, _, err := Size(t.DType, t.Shape)
	if err != nil {
		return fmt.Errorf("shape %v of %s: %w", []int(t.Shape), t.DType, err)
	}
	have, ok := length(t.Data, t.DType)
	if !ok {
		return fmt.Errorf("the data of %s are a %T, allowed is a %T", t.DType, t.Data, makeData(t.DType, 0))
	}
	if int64(have) != n {
		return fmt.Errorf("%d elements of data, the shape %s has %d", have, t.Shape, n)
	}
	return nil
}

func (t *Tensor) checkSequence() error {
	list, ok := t.Data.([]*Tensor)
	if !ok || len(t.Shape) != 1 || t.Shape[0] != len(list) {
		return fmt.Errorf("a %s of shape %v with data of type %T, allowed is a []*tensor.Tensor as long as the only dimension says", t.DType, []int(t.Shape), t.Data)
	}
	for i, e := range list {
		if e != nil && e.DType != -t.DType {
			return fmt.Errorf("element %d of a %s is %s", i, t.DType, e.DType)
		}
		if err := e.Check(); err != nil {
			return fmt.Errorf("element %d of a %s: %w", i, t.DType, err)
		}
	}
	return nil
}

// length is how many elements data has, if it is of the Go type that holds those
// of d.
func length(data any, d DType) (n int, ok bool) {
	switch d {
	case Float32:
		return lengthOf[float32](data)
	case Float64:
		return lengthOf[float64](data)
	case Int8, Int4, Int2:
		return lengthOf[int8](data)
	case Int16:
		return lengthOf[int16](data)
	case Int32:
		return lengthOf[int32](data)
	case Int64:
		return lengthOf[int64](data)
	case Uint16, Float16, BFloat16:
		return lengthOf[uint16](data)
	case Uint32:
		return lengthOf[uint32](data)
	case Uint64:
		return lengthOf[uint64](data)
	case Bool:
		return lengthOf[bool](data)
	case String:
		return lengthOf[string](data)
	case Complex64:
		return lengthOf[complex64](data)
	case Complex128:
		return lengthOf[complex128](data)
	default: // as makeData
		return lengthOf[uint8](data)
	}
}

func lengthOf[T Element](data any) (n int, ok bool) {
	list, ok := data.([]T)
	return len(list), ok
}
