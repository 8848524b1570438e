package eval

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// as returns t converted to another element type, t itself if it has it.
func (r *run) as(d tensor.DType, t *tensor.Tensor) (*tensor.Tensor, error) {
	if t.DType == d {
		return t, nil
	}
	if need := memory(d, t.Shape); need > r.most {
		return nil, limit.Exceeded("needs %d bytes of working memory, allowed %d", need, r.most)
	}
	out := tensor.New(d, t.Shape...)
	return out, r.castAll(out, t)
}

// floats returns t's elements as float64, which holds all but the largest
// 64-bit integers exactly. They may be t's own: only to be read.
func (r *run) floats(t *tensor.Tensor) ([]float64, error) {
	wide, err := r.as(tensor.Float64, t)
	if err != nil {
		return nil, err
	}
	return tensor.Data[float64](wide), nil
}

// optional is floats of input i, nil if that is absent.
func (r *run) optional(i int) ([]float64, error) {
	if !r.has(i) {
		return nil, nil
	}
	return r.floats(r.in[i])
}

// has reports whether input i is there.
func (r *run) has(i int) bool { return i < len(r.in) && r.in[i] != nil }

// widest returns t in the widest type of its class: Float64, Int64, or Uint64,
// where a bool is 0 or 1.
func (r *run) widest(t *tensor.Tensor) (*tensor.Tensor, error) {
	switch {
	case isFloat(t.DType):
		return r.as(tensor.Float64, t)
	case isSigned(t.DType):
		return r.as(tensor.Int64, t)
	}
	return r.as(tensor.Uint64, t)
}

// put converts numbers to t's type and stores them from element at on.
func put[A number](t *tensor.Tensor, at int, src ...A) error {
	switch src := any(src).(type) {
	case []float64:
		return storeFloats(t, at, src, 64)
	case []int64:
		return castInts(t, at, src)
	case []uint64:
		return castInts(t, at, src)
	}
	return nil
}
