package tensor

import "reflect"

// Part returns the i-th of the tensors of the given shape that t consists of one
// after another. It shares t's data. It panics if t does not reach so far.
func (t *Tensor) Part(i int, shape Shape) *Tensor {
	if i == 0 && t.Shape.Equal(shape) {
		return t
	}
	n := shape.Elements()
	return &Tensor{DType: t.DType, Shape: shape, Data: reflect.ValueOf(t.Data).Slice3(i*n, (i+1)*n, (i+1)*n).Interface()}
}
