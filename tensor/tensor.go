package tensor

import "fmt"

// Element lists the Go types that hold elements.
type Element interface {
	float32 | float64 | int8 | int16 | int32 | int64 |
		uint8 | uint16 | uint32 | uint64 | bool | string | complex64 | complex128
}

// Tensor is a dense array in row-major order. Once shared it is read only.
//
// Data is a slice with one entry per element, whose Go type follows DType:
// the type of the same name where Go has one; []uint16 with the bits of
// Float16 and BFloat16; []uint8 with the bits of the 8-, 6- and 4-bit floats
// and of Uint4 and Uint2; []int8 for Int4 and Int2.
type Tensor struct {
	DType DType
	Shape Shape
	Data  any
}

// New returns a tensor of zeros. It panics if Size refuses the shape: shapes
// that come from a file go through Size first.
func New(d DType, shape ...int) *Tensor {
	n, _, err := Size(d, shape)
	if err != nil {
		panic("tensor.New: " + err.Error())
	}
	return &Tensor{DType: d, Shape: append(Shape{}, shape...), Data: makeData(d, int(n))}
}

// Of wraps data without copying; the element type follows T's default DType
// ([]uint16 is Uint16, []uint8 is Uint8). It panics if the length is not the
// shape's.
func Of[T Element](data []T, shape ...int) *Tensor {
	var d DType
	switch any(data).(type) {
	case []float32:
		d = Float32
	case []float64:
		d = Float64
	case []int8:
		d = Int8
	case []int16:
		d = Int16
	case []int32:
		d = Int32
	case []int64:
		d = Int64
	case []uint8:
		d = Uint8
	case []uint16:
		d = Uint16
	case []uint32:
		d = Uint32
	case []uint64:
		d = Uint64
	case []bool:
		d = Bool
	case []string:
		d = String
	case []complex64:
		d = Complex64
	case []complex128:
		d = Complex128
	}
	n, _, err := Size(d, shape)
	if err != nil || n != int64(len(data)) {
		panic(fmt.Sprintf("tensor.Of: %d elements for shape %v", len(data), shape))
	}
	return &Tensor{DType: d, Shape: append(Shape{}, shape...), Data: data}
}

// Data returns t's elements, shared with t. It panics if T is not the Go type
// that t's DType is held in.
func Data[T Element](t *Tensor) []T { return t.Data.([]T) }

// Ints returns the elements of an Int32 or Int64 tensor; nil of any other.
func (t *Tensor) Ints() []int64 {
	switch data := t.Data.(type) {
	case []int64:
		return data
	case []int32:
		list := make([]int64, len(data))
		for i, v := range data {
			list[i] = int64(v)
		}
		return list
	}
	return nil
}

// Elements is the number of elements.
func (t *Tensor) Elements() int { return t.Shape.Elements() }

// Bytes is what t's elements take in a file; strings count 16 each, nil nothing.
func (t *Tensor) Bytes() int64 {
	if t == nil {
		return 0
	}
	if t.DType.IsSequence() {
		bytes := int64(0)
		for _, e := range t.List() {
			bytes += e.Bytes()
		}
		return bytes
	}
	bits := t.DType.Bits()
	if t.DType == String {
		bits = 16 * 8
	}
	return (int64(t.Elements())*int64(bits) + 7) / 8
}

// Reshape returns a tensor of the given shape that shares t's data. It panics
// if the number of elements differs.
func (t *Tensor) Reshape(shape ...int) *Tensor {
	if Shape(shape).Elements() != t.Elements() {
		panic(fmt.Sprintf("tensor: reshape %v to %v", t.Shape, shape))
	}
	return &Tensor{DType: t.DType, Shape: append(Shape{}, shape...), Data: t.Data}
}

// makeData allocates the slice that holds n elements of d.
func makeData(d DType, n int) any {
	switch d {
	case Float32:
		return make([]float32, n)
	case Float64:
		return make([]float64, n)
	case Int8, Int4, Int2:
		return make([]int8, n)
	case Int16:
		return make([]int16, n)
	case Int32:
		return make([]int32, n)
	case Int64:
		return make([]int64, n)
	case Uint16, Float16, BFloat16:
		return make([]uint16, n)
	case Uint32:
		return make([]uint32, n)
	case Uint64:
		return make([]uint64, n)
	case Bool:
		return make([]bool, n)
	case String:
		return make([]string, n)
	case Complex64:
		return make([]complex64, n)
	case Complex128:
		return make([]complex128, n)
	default: // Uint8, Uint4, Uint2 and the 8-, 6- and 4-bit floats
		return make([]uint8, n)
	}
}
