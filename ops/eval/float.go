package eval

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// widen returns t's elements as []float64 if they are that, else as []float32,
// which holds the 16-bit floats exactly and is t's own data where it can be.
func (r *run) widen(t *tensor.Tensor) (any, error) {
	half, ok := t.Data.([]uint16)
	if !ok {
		return t.Data, nil
	}
	if need := memory(tensor.Float32, t.Shape); need > r.most {
		return nil, limit.Exceeded("needs %d bytes of working memory, allowed %d", need, r.most)
	}
	decode := tensor.Float16frombits
	if t.DType == tensor.BFloat16 {
		decode = tensor.BFloat16frombits
	}
	out := make([]float32, len(half))
	for i, h := range half {
		out[i] = decode(h)
	}
	return out, nil
}

// load sets dst to elements of t, a tensor of floats, from index at by steps of
// step.
func load(dst []float64, t *tensor.Tensor, at, step int) {
	switch data := t.Data.(type) {
	case []float32:
		for i := range dst {
			dst[i] = float64(data[at+i*step])
		}
	case []float64:
		for i := range dst {
			dst[i] = data[at+i*step]
		}
	case []uint16:
		decode := tensor.Float16frombits
		if t.DType == tensor.BFloat16 {
			decode = tensor.BFloat16frombits
		}
		for i := range dst {
			dst[i] = float64(decode(data[at+i*step]))
		}
	case []uint8:
		for i := range dst {
			dst[i] = float64(tensor.MinifloatFrombits(t.DType, data[at+i*step]))
		}
	}
}

// store is load's reverse; each value is rounded once.
func store(t *tensor.Tensor, at, step int, src []float64) {
	switch data := t.Data.(type) {
	case []float32:
		for i, v := range src {
			data[at+i*step] = float32(v)
		}
	case []float64:
		for i, v := range src {
			data[at+i*step] = v
		}
	case []uint16:
		encode := tensor.Float16bits
		if t.DType == tensor.BFloat16 {
			encode = tensor.BFloat16bits
		}
		for i, v := range src {
			data[at+i*step] = encode(v)
		}
	case []uint8:
		for i, v := range src {
			data[at+i*step] = tensor.Minifloatbits(t.DType, v, true)
		}
	}
}

// at returns one element of a tensor of floats.
func at(t *tensor.Tensor, i int) float64 {
	var v [1]float64
	load(v[:], t, i, 1)
	return v[0]
}

func isSigned(d tensor.DType) bool {
	return d == tensor.Int8 || d == tensor.Int16 || d == tensor.Int32 || d == tensor.Int64
}

func isFloat(d tensor.DType) bool {
	switch d {
	case tensor.Float16, tensor.BFloat16, tensor.Float32, tensor.Float64:
		return true
	}
	return d.IsMinifloat()
}
