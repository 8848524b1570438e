package pth

import (
	"strings"

	"github.com/mixconv/mixconv/convert/torch/internal/pickle"
	"github.com/mixconv/mixconv/tensor"
)

// storageTypes has the element types of PyTorch's typed storages. An
// UntypedStorage is one of bytes.
var storageTypes = map[string]tensor.DType{
	"DoubleStorage": tensor.Float64, "FloatStorage": tensor.Float32,
	"HalfStorage": tensor.Float16, "BFloat16Storage": tensor.BFloat16,
	"LongStorage": tensor.Int64, "IntStorage": tensor.Int32, "ShortStorage": tensor.Int16,
	"CharStorage": tensor.Int8, "ByteStorage": tensor.Uint8, "BoolStorage": tensor.Bool,
	"ComplexFloatStorage": tensor.Complex64, "ComplexDoubleStorage": tensor.Complex128,
}

// untyped is the storage of tensors whose element type has no storage of its
// own.
var untyped = pickle.Global{Module: "torch.storage", Name: "UntypedStorage"}

// storageType is the element type of a storage's class.
func storageType(class pickle.Global) (tensor.DType, bool) {
	if class == untyped {
		return tensor.Uint8, true
	}
	if class.Module != "torch" && class.Module != "torch.cuda" {
		return tensor.Undefined, false
	}
	d, ok := storageTypes[class.Name]
	return d, ok
}

// torchTypes are the element types that torch names differently from tensor,
// or that it does not know.
var torchTypes = map[string]tensor.DType{
	"float8_e4m3fn": tensor.Float8E4M3FN, "float8_e4m3fnuz": tensor.Float8E4M3FNUZ,
	"float8_e5m2": tensor.Float8E5M2, "float8_e5m2fnuz": tensor.Float8E5M2FNUZ,
	"float8_e8m0fnu": tensor.Float8E8M0,
	"uint16":         tensor.Uint16, "uint32": tensor.Uint32, "uint64": tensor.Uint64,
}

// elementType is the element type that a name such as torch.uint16 stands for,
// of those whose tensors are in an UntypedStorage.
func elementType(v any) (tensor.DType, bool) {
	g, ok := v.(pickle.Global)
	if !ok || g.Module != "torch" {
		return tensor.Undefined, false
	}
	d, ok := torchTypes[strings.ToLower(g.Name)]
	return d, ok
}
