package tensor

import "fmt"

// Copy copies src's elements to dst, which has the same type and shape. Of a
// sequence's elements dst gets clones.
func Copy(dst, src *Tensor) error {
	if dst.DType != src.DType || !dst.Shape.Equal(src.Shape) {
		return fmt.Errorf("copy of %s %s to %s %s", src.DType, src.Shape, dst.DType, dst.Shape)
	}
	switch d := dst.Data.(type) {
	case []float32:
		copy(d, Data[float32](src))
	case []float64:
		copy(d, Data[float64](src))
	case []int8:
		copy(d, Data[int8](src))
	case []int16:
		copy(d, Data[int16](src))
	case []int32:
		copy(d, Data[int32](src))
	case []int64:
		copy(d, Data[int64](src))
	case []uint8:
		copy(d, Data[uint8](src))
	case []uint16:
		copy(d, Data[uint16](src))
	case []uint32:
		copy(d, Data[uint32](src))
	case []uint64:
		copy(d, Data[uint64](src))
	case []bool:
		copy(d, Data[bool](src))
	case []string:
		copy(d, Data[string](src))
	case []complex64:
		copy(d, Data[complex64](src))
	case []complex128:
		copy(d, Data[complex128](src))
	case []*Tensor:
		for i, e := range src.List() {
			d[i] = e.Clone()
		}
	}
	return nil
}
