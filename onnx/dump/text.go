package dump

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// word prints a name: quoted unless it is of letters, digits and the usual
// punctuation.
func word(name string) string {
	plain := name != ""
	for _, c := range []byte(name) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		plain = plain && (letter || strings.IndexByte("_./:-", c) >= 0)
	}
	if plain {
		return name
	}
	return strconv.Quote(name)
}

func words(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = word(n)
	}
	return strings.Join(out, ", ")
}

func floatText(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// listText prints a list, of a long one the beginning and the length.
func listText[T any](values []T, text func(T) string) string {
	const most = 64
	shown := make([]string, 0, min(len(values), most)+1)
	for i, v := range values {
		if i == most {
			shown = append(shown, fmt.Sprintf("… %d values", len(values)))
			break
		}
		shown = append(shown, text(v))
	}
	return "[" + strings.Join(shown, ",") + "]"
}

// typeText prints a value's type as float32[batch,3,224,224]; an unknown
// dimension is ?, an unknown rank […].
func typeText(t *onnxpb.TypeProto) string {
	switch v := t.GetValue().(type) {
	case *onnxpb.TypeProto_TensorType:
		return tensor.DType(v.TensorType.GetElemType()).String() + shapeText(v.TensorType.GetShape())
	case *onnxpb.TypeProto_SparseTensorType:
		return "sparse " + tensor.DType(v.SparseTensorType.GetElemType()).String() + shapeText(v.SparseTensorType.GetShape())
	case *onnxpb.TypeProto_SequenceType:
		return "sequence(" + typeText(v.SequenceType.GetElemType()) + ")"
	case *onnxpb.TypeProto_OptionalType:
		return "optional(" + typeText(v.OptionalType.GetElemType()) + ")"
	case *onnxpb.TypeProto_MapType:
		return "map(" + tensor.DType(v.MapType.GetKeyType()).String() + "," + typeText(v.MapType.GetValueType()) + ")"
	case *onnxpb.TypeProto_OpaqueType:
		return "opaque(" + word(v.OpaqueType.GetDomain()) + "," + word(v.OpaqueType.GetName()) + ")"
	}
	return "?"
}

func shapeText(s *onnxpb.TensorShapeProto) string {
	if s == nil {
		return tensor.Shape(nil).String()
	}
	dims := make([]string, len(s.GetDim()))
	for i, d := range s.GetDim() {
		n, known := onnx.KnownDim(d)
		switch {
		case known:
			dims[i] = strconv.FormatInt(n, 10)
		case d.GetDimParam() != "":
			dims[i] = word(d.GetDimParam())
		default:
			dims[i] = "?"
		}
	}
	return "[" + strings.Join(dims, ",") + "]"
}
