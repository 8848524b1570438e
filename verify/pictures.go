package verify

import (
	"reflect"

	"github.com/mixconv/mixconv/tensor"
)

// pictures returns t[lo:hi] along its first dimension, sharing its data.
func pictures(t *tensor.Tensor, lo, hi int) *tensor.Tensor {
	if len(t.Shape) == 0 || t.Shape[0] == 0 {
		return t
	}
	shape := t.Shape.Clone()
	each := t.Elements() / shape[0]
	shape[0] = hi - lo
	data := reflect.ValueOf(t.Data).Slice(lo*each, hi*each).Interface()
	return &tensor.Tensor{DType: t.DType, Shape: shape, Data: data}
}

// join returns t's pictures behind list's, which may be nil.
func join(list, t *tensor.Tensor) *tensor.Tensor {
	if list == nil || len(t.Shape) == 0 {
		return t
	}
	shape := list.Shape.Clone()
	shape[0] += t.Shape[0]
	data := reflect.AppendSlice(reflect.ValueOf(list.Data), reflect.ValueOf(t.Data)).Interface()
	return &tensor.Tensor{DType: t.DType, Shape: shape, Data: data}
}

func permute(s tensor.Shape, order [4]int) tensor.Shape {
	return tensor.Shape{s[order[0]], s[order[1]], s[order[2]], s[order[3]]}
}

// transpose returns t, of rank 4, with its dimensions in the given order. Types
// that no picture comes in are returned as they are.
func transpose(t *tensor.Tensor, order [4]int) *tensor.Tensor {
	r := &tensor.Tensor{DType: t.DType, Shape: permute(t.Shape, order)}
	stride := tensor.Shape{t.Shape[1] * t.Shape[2] * t.Shape[3], t.Shape[2] * t.Shape[3], t.Shape[3], 1}
	step := permute(stride, order)
	switch d := t.Data.(type) {
	case []float32:
		r.Data = gather(d, r.Shape, step)
	case []float64:
		r.Data = gather(d, r.Shape, step)
	case []uint16:
		r.Data = gather(d, r.Shape, step)
	case []uint8:
		r.Data = gather(d, r.Shape, step)
	default:
		return t
	}
	return r
}

// gather reads src with one step per dimension of shape, outermost first.
func gather[T any](src []T, shape, step tensor.Shape) []T {
	out := make([]T, 0, len(src))
	for a := range shape[0] {
		for b := range shape[1] {
			for c := range shape[2] {
				at := a*step[0] + b*step[1] + c*step[2]
				for range shape[3] {
					out = append(out, src[at])
					at += step[3]
				}
			}
		}
	}
	return out
}
