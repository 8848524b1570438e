package onnxgo

import (
	"fmt"
	"reflect"

	own "github.com/mixconv/mixconv/tensor"
	"gorgonia.org/tensor"
)

// dtypes are the element types that both know. Their elements are held in the
// same Go types.
var dtypes = map[tensor.Dtype]own.DType{
	tensor.Float32: own.Float32, tensor.Float64: own.Float64, tensor.Bool: own.Bool, tensor.String: own.String,
	tensor.Int8: own.Int8, tensor.Int16: own.Int16, tensor.Int32: own.Int32, tensor.Int64: own.Int64,
	tensor.Uint8: own.Uint8, tensor.Uint16: own.Uint16, tensor.Uint32: own.Uint32, tensor.Uint64: own.Uint64,
	tensor.Complex64: own.Complex64, tensor.Complex128: own.Complex128,
}

// fromGorgonia copies a tensor, whatever the order of its elements in memory.
func fromGorgonia(t tensor.Tensor) (*own.Tensor, error) {
	dense, ok := t.(*tensor.Dense)
	if !ok {
		return nil, fmt.Errorf("a %T, allowed is a *tensor.Dense", t)
	}
	dtype, ok := dtypes[dense.Dtype()]
	if !ok {
		return nil, fmt.Errorf("elements of type %v, which ONNX has not", dense.Dtype())
	}
	n, _, err := own.Size(dtype, []int(dense.Shape()))
	if err != nil {
		return nil, err
	}
	to := own.New(dtype, dense.Shape()...)
	if n == 0 {
		return to, nil
	}
	from, into := reflect.ValueOf(dense.Data()), reflect.ValueOf(to.Data)
	if from.Kind() != reflect.Slice { // of one element gorgonia returns that
		into.Index(0).Set(from)
		return to, nil
	}
	if places := placesOf(dense, int(n)); places == nil && from.Len() == int(n) {
		reflect.Copy(into, from)
	} else {
		for i, at := range places {
			if at >= from.Len() {
				return nil, fmt.Errorf("%d elements for shape %v, strides %v", from.Len(), dense.Shape(), dense.Strides())
			}
			into.Index(i).Set(from.Index(at))
		}
	}
	return to, nil
}

// placesOf says where the elements of t lie, in row-major order; nil if just so.
// gorgonia gives a vector one stride, also where its shape is that of a matrix.
func placesOf(t *tensor.Dense, n int) []int {
	shape, strides := []int(t.Shape()), t.Strides()
	if len(strides) != len(shape) {
		shape = []int{n}
	}
	if len(strides) != len(shape) {
		return nil
	}
	places, plain := []int{0}, 1
	ordered := true
	for axis := len(shape) - 1; axis >= 0; axis-- {
		ordered = ordered && (strides[axis] == plain || shape[axis] == 1)
		plain *= shape[axis]
	}
	if ordered {
		return nil
	}
	for axis, d := range shape {
		next := make([]int, 0, len(places)*d)
		for _, at := range places {
			for i := range d {
				next = append(next, at+i*strides[axis])
			}
		}
		places = next
	}
	return places
}

// toGorgonia wraps a tensor.
func toGorgonia(t *own.Tensor) (tensor.Tensor, error) {
	for theirs, ours := range dtypes {
		switch {
		case ours != t.DType:
		case t.Elements() == 0:
			return nil, fmt.Errorf("%s %s: gorgonia has no empty tensors", t.DType, t.Shape)
		case len(t.Shape) == 0:
			return tensor.New(tensor.FromScalar(reflect.ValueOf(t.Data).Index(0).Interface())), nil
		default:
			return tensor.New(tensor.Of(theirs), tensor.WithShape(t.Shape...), tensor.WithBacking(t.Data)), nil
		}
	}
	return nil, fmt.Errorf("elements of type %s, which gorgonia has not", t.DType)
}
