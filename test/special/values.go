package special

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/eval"
	"github.com/mixconv/mixconv/tensor"
)

// floats are in float64; smaller types get what they round to, or infinity.
var floats = []float64{math.NaN(), 1, math.Inf(1), -1, math.Inf(-1), 0.5, math.MaxFloat32, -0.5, -math.MaxFloat32, 0, math.Copysign(0, -1), 2, 0x1p-126, -2, -0x1p-126,
	1e-40, 3, -1e-40, -3, 0x1p-149, 88.8, -88.8, 1e10, -104, 104, 65504, -65504, 1e38, -1e38, 1.5, 2.5}

// moreFloats are for float64 alone.
var moreFloats = []float64{math.MaxFloat64, -math.MaxFloat64, 0x1p-1022, 5e-324, 1e300, 710, -746}

// ints are the ends of every width, cut to the type's bits.
var ints = []int64{0, 1, -1, 2, -2, 3, 7, 10, math.MaxInt8, math.MinInt8, math.MaxUint8, math.MaxInt16, math.MinInt16, math.MaxUint16, math.MaxInt32, math.MinInt32,
	math.MaxUint32, math.MaxInt64, math.MinInt64, 1 << 53, 1<<53 + 1}

// valuesOf are the special values of an element type.
func valuesOf(d tensor.DType) *tensor.Tensor {
	list := floats
	if d == tensor.Float64 {
		list = append(list[:len(list):len(list)], moreFloats...)
	}
	switch d {
	case tensor.Float32:
		return tensor.Of(mapped(list, func(v float64) float32 { return float32(v) }), len(list))
	case tensor.Float64:
		return tensor.Of(list, len(list))
	case tensor.Float16, tensor.BFloat16:
		t := tensor.New(d, len(list))
		encode := tensor.Float16bits
		if d == tensor.BFloat16 {
			encode = tensor.BFloat16bits
		}
		copy(t.Data.([]uint16), mapped(list, encode))
		return t
	case tensor.Int8:
		return whole[int8](d)
	case tensor.Int16:
		return whole[int16](d)
	case tensor.Int32:
		return whole[int32](d)
	case tensor.Int64:
		return whole[int64](d)
	case tensor.Uint8:
		return whole[uint8](d)
	case tensor.Uint16:
		return whole[uint16](d)
	case tensor.Uint32:
		return whole[uint32](d)
	case tensor.Uint64:
		return whole[uint64](d)
	case tensor.Bool:
		return tensor.Of([]bool{true, false, false, true, true}, 5)
	}
	panic(fmt.Sprintf("special: no values of %s", d))
}

func mapped[T, R any](list []T, f func(T) R) []R {
	out := make([]R, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

func whole[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](d tensor.DType) *tensor.Tensor {
	t := tensor.New(d, len(ints))
	copy(t.Data.([]T), mapped(ints, func(v int64) T { return T(v) }))
	return t
}

// taken is a tensor of t's elements with the given numbers, in a shape.
func taken(t *tensor.Tensor, at []int, shape ...int) *tensor.Tensor {
	out := tensor.New(t.DType, shape...)
	switch src := t.Data.(type) {
	case []float32:
		pick(out.Data.([]float32), src, at)
	case []float64:
		pick(out.Data.([]float64), src, at)
	case []uint16:
		pick(out.Data.([]uint16), src, at)
	case []int8:
		pick(out.Data.([]int8), src, at)
	case []int16:
		pick(out.Data.([]int16), src, at)
	case []int32:
		pick(out.Data.([]int32), src, at)
	case []int64:
		pick(out.Data.([]int64), src, at)
	case []uint8:
		pick(out.Data.([]uint8), src, at)
	case []uint32:
		pick(out.Data.([]uint32), src, at)
	case []uint64:
		pick(out.Data.([]uint64), src, at)
	case []bool:
		pick(out.Data.([]bool), src, at)
	}
	return out
}

func pick[T any](dst, src []T, at []int) {
	for i := range dst {
		dst[i] = src[at[i]]
	}
}

// bytesOf are a tensor's elements as they lie in memory.
func bytesOf(t *tensor.Tensor) []byte {
	var b bytes.Buffer
	if err := binary.Write(&b, binary.LittleEndian, t.Data); err != nil {
		panic(err) // strings
	}
	return b.Bytes()
}

// tensorOf is bytesOf's reverse.
func tensorOf(d tensor.DType, shape []int, data []byte) (*tensor.Tensor, error) {
	t := tensor.New(d, shape...)
	return t, binary.Read(bytes.NewReader(data), binary.LittleEndian, t.Data)
}

// numbersOf are t's elements, nil if they are no floats.
func numbersOf(t *tensor.Tensor) []float64 {
	if !isFloat(t.DType) {
		return nil
	}
	op, version, err := ops.Lookup("", "Cast", 21)
	if err != nil {
		panic(err)
	}
	c, err := ops.NewCall(op, version, ops.Attrs{"to": int64(tensor.Float64)}, []ops.Type{ops.TypeOf(t)}, 1)
	if err != nil {
		panic(err)
	}
	out, err := eval.Run(limit.NewBudget(context.Background(), limit.Limits{}), c, []*tensor.Tensor{t})
	if err != nil {
		panic(err)
	}
	return out[0].Data.([]float64)
}
