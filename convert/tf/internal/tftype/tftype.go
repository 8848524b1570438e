// Package tftype has TensorFlow's element types.
package tftype

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

// Type is TensorFlow's number of an element type
// (tensorflow/core/framework/types.proto).
type Type int32

// The types that need more than their row in the table.
const (
	Float32  Type = 1
	Int32    Type = 3
	String   Type = 7
	BFloat16 Type = 14
	Float16  Type = 19
)

const (
	typeResource Type = 20
	typeVariant  Type = 21
)

// types has one row per type that a checkpoint stores: the size of an element
// in the file, where even 4-bit types take a byte each, and the type that a
// tensor of it has here, Undefined for those that nothing here computes with.
var types = map[Type]struct {
	name  string
	bytes int64
	dtype tensor.DType
}{
	1: {"float32", 4, tensor.Float32}, 2: {"float64", 8, tensor.Float64},
	3: {"int32", 4, tensor.Int32}, 4: {"uint8", 1, tensor.Uint8}, 5: {"int16", 2, tensor.Int16},
	6: {"int8", 1, tensor.Int8}, String: {"string", 0, tensor.String},
	8: {"complex64", 8, tensor.Complex64}, 9: {"int64", 8, tensor.Int64}, 10: {"bool", 1, tensor.Bool},
	11: {"qint8", 1, 0}, 12: {"quint8", 1, 0}, 13: {"qint32", 4, 0},
	14: {"bfloat16", 2, tensor.BFloat16}, 15: {"qint16", 2, 0}, 16: {"quint16", 2, 0},
	17: {"uint16", 2, tensor.Uint16}, 18: {"complex128", 16, tensor.Complex128}, 19: {"float16", 2, tensor.Float16},
	22: {"uint32", 4, tensor.Uint32}, 23: {"uint64", 8, tensor.Uint64},
	24: {"float8_e5m2", 1, tensor.Float8E5M2}, 25: {"float8_e4m3fn", 1, tensor.Float8E4M3FN},
	26: {"float8_e4m3fnuz", 1, tensor.Float8E4M3FNUZ}, 27: {"float8_e4m3b11fnuz", 1, 0},
	28: {"float8_e5m2fnuz", 1, tensor.Float8E5M2FNUZ},
	29: {"int4", 1, tensor.Int4}, 30: {"uint4", 1, tensor.Uint4},
	31: {"int2", 1, tensor.Int2}, 32: {"uint2", 1, tensor.Uint2},
}

func (t Type) String() string {
	if row, ok := types[t]; ok {
		return row.name
	}
	switch t {
	case typeResource:
		return "resource"
	case typeVariant:
		return "variant"
	}
	return fmt.Sprintf("dtype %d", int32(t))
}

// Stored reports whether a file can hold elements of the type.
func (t Type) Stored() bool { _, ok := types[t]; return ok }

// Bytes is the size of an element in a file, 0 for strings.
func (t Type) Bytes() int64 { return types[t].bytes }

// DType is the type of tensor here, Undefined if there is none.
func (t Type) DType() tensor.DType { return types[t].dtype }
