package oip

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// datatypes has the protocol's names of element types. Those that it has no name for
// cannot be served.
var datatypes = []struct {
	name  string
	dtype tensor.DType
}{
	{"BOOL", tensor.Bool},
	{"UINT8", tensor.Uint8}, {"UINT16", tensor.Uint16}, {"UINT32", tensor.Uint32}, {"UINT64", tensor.Uint64},
	{"INT8", tensor.Int8}, {"INT16", tensor.Int16}, {"INT32", tensor.Int32}, {"INT64", tensor.Int64},
	{"FP16", tensor.Float16}, {"BF16", tensor.BFloat16}, {"FP32", tensor.Float32}, {"FP64", tensor.Float64},
	{"BYTES", tensor.String},
}

// Datatype is the protocol's name of an element type, "" if it has none.
func Datatype(d tensor.DType) string {
	for _, t := range datatypes {
		if t.dtype == d {
			return t.name
		}
	}
	return ""
}

// DType is the element type of a name.
func DType(name string) (tensor.DType, error) {
	for _, t := range datatypes {
		if t.name == name {
			return t.dtype, nil
		}
	}
	return tensor.Undefined, Invalidf("datatype %s: allowed are BOOL, UINT8 to UINT64, INT8 to INT64, FP16, BF16, FP32, FP64 and BYTES", errs.Quote(name))
}

// ElementBytes is what an element takes as binary data; 0 for BYTES, whose elements
// say their own lengths.
func ElementBytes(d tensor.DType) int { return d.Bits() / 8 }
