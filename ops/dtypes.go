package ops

import (
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// dtypes is a set of element types.
type dtypes uint32

func set(list ...tensor.DType) dtypes {
	var s dtypes
	for _, d := range list {
		s |= 1 << d
	}
	return s
}

// Beside element types a set may have sequences of tensors, whatever these are, and
// allow that the value is an optional one.
const (
	sequences dtypes = 1 << 31
	optionals dtypes = 1 << 30
)

func (s dtypes) has(d tensor.DType) bool {
	return d.Valid() && s>>d&1 != 0 || d.IsSequence() && s&sequences != 0
}

// allows reports whether s has t, and t may be optional if it is.
func (s dtypes) allows(t Type) bool { return s.has(t.DType) && (!t.Optional || s&optionals != 0) }

func (s dtypes) String() string {
	var names []string
	for d := tensor.Undefined + 1; d.Valid(); d++ {
		if s.has(d) {
			names = append(names, d.String())
		}
	}
	if s&sequences != 0 {
		names = append(names, "sequence")
	}
	if s&optionals != 0 {
		names = append(names, "optional")
	}
	return strings.Join(names, ", ")
}

// The sets that ONNX's operators share. anyN is every tensor type that opset N
// knows.
var (
	floats  = set(tensor.Float16, tensor.Float32, tensor.Float64)
	bf16    = set(tensor.BFloat16)
	ints    = set(tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64)
	uints   = set(tensor.Uint8, tensor.Uint16, tensor.Uint32, tensor.Uint64)
	numbers = floats | ints | uints
	wide    = set(tensor.Int32, tensor.Int64, tensor.Uint32, tensor.Uint64)
	indices = set(tensor.Int32, tensor.Int64)
	float8  = set(tensor.Float8E4M3FN, tensor.Float8E4M3FNUZ, tensor.Float8E5M2, tensor.Float8E5M2FNUZ)

	complexes = set(tensor.Complex64, tensor.Complex128)
	castable  = numbers | set(tensor.String, tensor.Bool)

	any1  = castable | complexes
	any13 = any1 | bf16
	any19 = any13 | float8
	any21 = any19 | set(tensor.Uint4, tensor.Int4)
	any23 = any21 | set(tensor.Float4E2M1)
	any24 = any23 | set(tensor.Float8E8M0)
	any25 = any24 | set(tensor.Uint2, tensor.Int2)
)

// allowed is the set that a parameter's type stands for in this version.
func (v *version) allowed(typ string) dtypes {
	if s, ok := v.types[typ]; ok {
		return s
	}
	return dtypesByName[typ]
}
