package filetype

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"
)

// field is a protobuf field at the start of a message that may be cut off.
type field struct {
	number int
	wire   int    // 0 varint, 2 bytes
	value  uint64 // of a varint
	data   []byte // of bytes: what there is of them
	whole  bool
	rest   []byte // behind it
}

// Wire types, https://protobuf.dev/programming-guides/encoding/.
const (
	varint   = 0
	fixed64  = 1
	lenBytes = 2
	fixed32  = 5
)

// nextField reads the field that data begins with; false if there is none.
func nextField(data []byte) (f field, ok bool) {
	tag, n := binary.Uvarint(data)
	if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29-1 {
		return f, false
	}
	f.number, f.wire, data = int(tag>>3), int(tag&7), data[n:]
	size := uint64(0)
	switch f.wire {
	case varint:
		f.value, n = binary.Uvarint(data)
		if n <= 0 {
			return f, false
		}
		f.whole, f.rest = true, data[n:]
		return f, true
	case lenBytes:
		if size, n = binary.Uvarint(data); n <= 0 {
			return f, false
		}
		data = data[n:]
	case fixed64:
		size = 8
	case fixed32:
		size = 4
	default:
		return f, false
	}
	f.whole = size <= uint64(len(data))
	n = int(min(size, uint64(len(data))))
	f.data, f.rest = data[:n], data[n:]
	return f, true
}

// ofProtobuf recognises the messages that models come in.
func ofProtobuf(head []byte) Type {
	first, ok := nextField(head)
	switch {
	case !ok:
	case first.number == 1 && first.wire == lenBytes && isNode(first.data):
		return Type{GraphDef, "a TensorFlow graph (a frozen GraphDef)"}
	case first.number == 1 && first.wire == varint:
		second, _ := nextField(first.rest)
		switch {
		case second.number == 2 && second.wire == lenBytes && isDescription(second.data):
			return Type{Foreign, "a Core ML model (.mlmodel)"}
		case first.value == 1 && second.number == 2 && second.wire == lenBytes && isMetaGraph(second.data):
			return Type{SavedModel, "a TensorFlow SavedModel (saved_model.pb)"}
		}
		if isModel(head) {
			return Type{ONNX, "an ONNX model"}
		}
	}
	return Type{}
}

// isNode reports whether a NodeDef begins with a name and an operator.
func isNode(data []byte) bool {
	name, ok := nextField(data)
	if !ok || name.number != 1 || name.wire != lenBytes || !isName(name) {
		return false
	}
	op, ok := nextField(name.rest)
	return ok && op.number == 2 && op.wire == lenBytes && isName(op)
}

// isName reports whether a field is text that is not empty.
func isName(f field) bool {
	if len(f.data) == 0 || !f.whole || !utf8.Valid(f.data) {
		return false
	}
	for _, r := range string(f.data) {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// isMetaGraph reports whether a MetaGraphDef begins, as TensorFlow writes it,
// with a MetaInfoDef (field 1) or its graph (field 2).
func isMetaGraph(data []byte) bool {
	f, ok := nextField(data)
	return ok && f.wire == lenBytes && (f.number == 1 || f.number == 2)
}

// isDescription reports whether Core ML's ModelDescription begins with an input:
// a FeatureDescription with a name.
func isDescription(data []byte) bool {
	input, ok := nextField(data)
	if !ok || input.number != 1 || input.wire != lenBytes {
		return false
	}
	name, ok := nextField(input.data)
	if !ok || name.number != 1 || name.wire != lenBytes || !isName(name) {
		return false
	}
	next, ok := nextField(name.rest)
	return ok && next.wire == lenBytes && (next.number == 3 || next.number == 2 && isName(next))
}

// modelWires are the fields of ONNX's ModelProto, onnx.proto, with their wire
// types.
var modelWires = map[int]int{1: varint, 2: lenBytes, 3: lenBytes, 4: lenBytes, 5: varint, 6: lenBytes, 7: lenBytes, 8: lenBytes, 14: lenBytes, 20: lenBytes, 25: lenBytes, 26: lenBytes}

// isModel reports whether a ModelProto's fields follow each other, a graph or an
// opset among them, as far as there is something of them.
func isModel(head []byte) bool {
	for len(head) > 0 {
		f, ok := nextField(head)
		if wire, known := modelWires[f.number]; !ok || !known || wire != f.wire {
			return false
		}
		if f.number == 7 || f.number == 8 {
			return true
		}
		if f.number == 2 && len(f.data) > 0 && !isName(f) {
			return false
		}
		head = f.rest
	}
	return false
}
