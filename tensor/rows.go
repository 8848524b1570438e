package tensor

import "reflect"

// Rows returns the n entries of t along its first dimension from entry from on.
// It shares t's data. It panics if t has not so many.
func (t *Tensor) Rows(from, n int) *Tensor {
	shape := t.Shape.Clone()
	shape[0] = n
	row := shape[1:].Elements()
	return &Tensor{DType: t.DType, Shape: shape, Data: reflect.ValueOf(t.Data).Slice3(from*row, (from+n)*row, (from+n)*row).Interface()}
}
