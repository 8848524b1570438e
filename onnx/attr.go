package onnx

import (
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// Attr returns n's attribute of that name, nil if it is absent.
func Attr(n *onnxpb.NodeProto, name string) *onnxpb.AttributeProto {
	for _, a := range n.GetAttribute() {
		if a.GetName() == name {
			return a
		}
	}
	return nil
}

// IntAttr returns an INT attribute.
func IntAttr(name string, v int64) *onnxpb.AttributeProto {
	a := newAttr(name, onnxpb.AttributeProto_INT)
	a.I = proto.Int64(v)
	return a
}

// IntsAttr returns an INTS attribute that keeps v.
func IntsAttr(name string, v []int64) *onnxpb.AttributeProto {
	a := newAttr(name, onnxpb.AttributeProto_INTS)
	a.Ints = v
	return a
}

// FloatAttr returns a FLOAT attribute.
func FloatAttr(name string, v float32) *onnxpb.AttributeProto {
	a := newAttr(name, onnxpb.AttributeProto_FLOAT)
	a.F = proto.Float32(v)
	return a
}

// FloatsAttr returns a FLOATS attribute that keeps v.
func FloatsAttr(name string, v []float32) *onnxpb.AttributeProto {
	a := newAttr(name, onnxpb.AttributeProto_FLOATS)
	a.Floats = v
	return a
}

// StringAttr returns a STRING attribute.
func StringAttr(name, v string) *onnxpb.AttributeProto {
	a := newAttr(name, onnxpb.AttributeProto_STRING)
	a.S = []byte(v)
	return a
}

// StringsAttr returns a STRINGS attribute.
func StringsAttr(name string, v []string) *onnxpb.AttributeProto {
	a := newAttr(name, onnxpb.AttributeProto_STRINGS)
	for _, s := range v {
		a.Strings = append(a.Strings, []byte(s))
	}
	return a
}

// TensorAttr returns a TENSOR attribute that keeps v.
func TensorAttr(name string, v *onnxpb.TensorProto) *onnxpb.AttributeProto {
	a := newAttr(name, onnxpb.AttributeProto_TENSOR)
	a.T = v
	return a
}

// GraphAttr returns a GRAPH attribute that keeps v.
func GraphAttr(name string, v *onnxpb.GraphProto) *onnxpb.AttributeProto {
	a := newAttr(name, onnxpb.AttributeProto_GRAPH)
	a.G = v
	return a
}

// RefAttr returns an attribute for a node of a function's body. It takes the
// value of the function's attribute ref, which must be of type t.
func RefAttr(name, ref string, t onnxpb.AttributeProto_AttributeType) *onnxpb.AttributeProto {
	a := newAttr(name, t)
	a.RefAttrName = proto.String(ref)
	return a
}

func newAttr(name string, t onnxpb.AttributeProto_AttributeType) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: proto.String(name), Type: t.Enum()}
}
