package torch

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

// toFloat32 returns t as float32, t itself if it is. Halves are exact,
// doubles are rounded.
func toFloat32(t *tensor.Tensor) (*tensor.Tensor, error) {
	if t.DType == tensor.Float32 {
		return t, nil
	}
	out := tensor.New(tensor.Float32, t.Shape...)
	to := tensor.Data[float32](out)
	switch t.DType {
	case tensor.Float16:
		for i, bits := range tensor.Data[uint16](t) {
			to[i] = tensor.Float16frombits(bits)
		}
	case tensor.BFloat16:
		for i, bits := range tensor.Data[uint16](t) {
			to[i] = tensor.BFloat16frombits(bits)
		}
	case tensor.Float64:
		for i, v := range tensor.Data[float64](t) {
			to[i] = float32(v)
		}
	default:
		return nil, fmt.Errorf("type %s, allowed for weights float32, float16, bfloat16 and float64", t.DType)
	}
	return out, nil
}
