// Package graphtest writes GraphDefs for tests.
package graphtest

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mixconv/mixconv/convert/tf/internal/bundletest"
	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
)

// Graph is a GraphDef of nodes, each one of Node's.
func Graph(nodes ...[]byte) []byte {
	var b []byte
	for _, n := range nodes {
		b = Bytes(b, 1, n)
	}
	return b
}

// Node is a NodeDef; attrs are entries of its attribute map.
func Node(name, op string, inputs []string, attrs ...[]byte) []byte {
	b := Bytes(nil, 1, []byte(name))
	b = Bytes(b, 2, []byte(op))
	for _, in := range inputs {
		b = Bytes(b, 3, []byte(in))
	}
	for _, a := range attrs {
		b = Bytes(b, 5, a)
	}
	return b
}

// Bytes appends a length-delimited field.
func Bytes(b []byte, number protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), v)
}

func varint(b []byte, number protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), v)
}

func attr(name string, value []byte) []byte { return Bytes(Bytes(nil, 1, []byte(name)), 2, value) }

// IntsAttr is an attribute that is a list of integers.
func IntsAttr(name string, v ...int64) []byte {
	var packed []byte
	for _, i := range v {
		packed = protowire.AppendVarint(packed, uint64(i))
	}
	var list []byte
	if len(v) > 0 {
		list = Bytes(nil, 3, packed)
	}
	return attr(name, Bytes(nil, 1, list))
}

// StringAttr is an attribute that is a string.
func StringAttr(name, v string) []byte { return attr(name, Bytes(nil, 2, []byte(v))) }

// FloatAttr is an attribute that is a number.
func FloatAttr(name string, v float32) []byte {
	return attr(name, protowire.AppendFixed32(protowire.AppendTag(nil, 4, protowire.Fixed32Type), math.Float32bits(v)))
}

// BoolAttr is an attribute that is a boolean.
func BoolAttr(name string, v bool) []byte {
	return attr(name, varint(nil, 5, protowire.EncodeBool(v)))
}

// ShapeAttr is an attribute that is a shape.
func ShapeAttr(name string, dims ...int64) []byte {
	return attr(name, Bytes(nil, 7, bundletest.Shape(dims)))
}

// TensorAttr is an attribute that is a tensor: one of Tensor's or Content's.
func TensorAttr(name string, tensor []byte) []byte { return attr(name, Bytes(nil, 8, tensor)) }

// Tensor is a TensorProto without values.
func Tensor(t tftype.Type, dims ...int64) []byte {
	return Bytes(varint(nil, 1, uint64(t)), 2, bundletest.Shape(dims))
}

// Content is a TensorProto with its values in raw bytes.
func Content(t tftype.Type, data []byte, dims ...int64) []byte {
	return Bytes(Tensor(t, dims...), 4, data)
}
