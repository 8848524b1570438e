package elements

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// fillTyped sets t's elements from the field of its type, which has as many
// values as t takes. A value that the element type cannot hold is an error.
func fillTyped(t *tensor.Tensor, tp *onnxpb.TensorProto) error {
	switch d := t.Data.(type) {
	case []float32:
		copy(d, tp.GetFloatData())
	case []float64:
		copy(d, tp.GetDoubleData())
	case []int64:
		copy(d, tp.GetInt64Data())
	case []uint64:
		copy(d, tp.GetUint64Data())
	case []uint32:
		return narrow(d, tp.GetUint64Data(), 0, math.MaxUint32)
	case []int32:
		copy(d, tp.GetInt32Data())
	case []int16:
		return narrow(d, tp.GetInt32Data(), math.MinInt16, math.MaxInt16)
	case []uint16:
		return narrow(d, tp.GetInt32Data(), 0, math.MaxUint16)
	case []int8:
		return fillBytes(t.DType, d, tp.GetInt32Data(), math.MinInt8, math.MaxInt8)
	case []uint8:
		return fillBytes(t.DType, d, tp.GetInt32Data(), 0, math.MaxUint8)
	case []bool:
		bits := make([]uint8, len(d))
		if err := narrow(bits, tp.GetInt32Data(), 0, 1); err != nil {
			return err
		}
		for i, b := range bits {
			d[i] = b == 1
		}
	case []string:
		for i, s := range tp.GetStringData() {
			d[i] = string(s)
		}
	case []complex64:
		for i := range d {
			d[i] = complex(tp.GetFloatData()[2*i], tp.GetFloatData()[2*i+1])
		}
	case []complex128:
		for i := range d {
			d[i] = complex(tp.GetDoubleData()[2*i], tp.GetDoubleData()[2*i+1])
		}
	}
	return nil
}

// fillBytes reads elements of at most 8 bits from int32_data, where a value is
// one element, or for 4- and 2-bit types one byte of packed ones.
func fillBytes[T uint8 | int8](d tensor.DType, dst []T, src []int32, least, most int32) error {
	switch d.Bits() {
	case 2, 4:
		packed := make([]byte, len(src))
		for i, v := range src {
			if v < math.MinInt8 || v > math.MaxUint8 { // some writers store signed bytes
				return fmt.Errorf("value %d is %d, allowed one byte", i, v)
			}
			packed[i] = byte(v)
		}
		unpack(dst, packed, d)
		return nil
	case 6:
		most = 1<<6 - 1
	}
	return narrow(dst, src, least, most)
}

// narrow converts src's values, which must lie from least to most.
func narrow[D int8 | uint8 | int16 | uint16 | uint32, S int32 | uint64](dst []D, src []S, least, most S) error {
	for i, v := range src {
		if v < least || v > most {
			return fmt.Errorf("value %d is %d, allowed %d to %d", i, v, least, most)
		}
		dst[i] = D(v)
	}
	return nil
}
