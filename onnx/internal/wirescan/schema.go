package wirescan

import (
	"math/bits"
	"reflect"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Schema is a message descriptor and all that it reaches, laid out for
// scanning.
type Schema struct{ root *message }

type message struct {
	fields []field // by field number; a field without a descriptor is unknown
	size   int64   // memory of the Go struct
}

type field struct {
	desc protoreflect.FieldDescriptor
	wire protowire.Type // of a single value
	sub  *message       // for messages
	cost int64          // memory of one value besides its bytes or sub-message
	free bool           // a string whose length is not bounded
}

// Compile prepares md, whose Go type must be registered and whose field
// numbers should be small. Strings for which free is true may have any length.
func Compile(md protoreflect.MessageDescriptor, free func(protoreflect.FieldDescriptor) bool) *Schema {
	known := map[protoreflect.FullName]*message{}
	var compile func(protoreflect.MessageDescriptor) *message
	compile = func(md protoreflect.MessageDescriptor) *message {
		if m := known[md.FullName()]; m != nil {
			return m
		}
		m := &message{size: structSize(md)}
		known[md.FullName()] = m
		for i := range md.Fields().Len() {
			fd := md.Fields().Get(i)
			f := field{desc: fd, wire: wireType(fd.Kind()), cost: valueCost(fd), free: free(fd)}
			if fd.Kind() == protoreflect.MessageKind {
				f.sub = compile(fd.Message())
			}
			for len(m.fields) <= int(fd.Number()) {
				m.fields = append(m.fields, field{})
			}
			m.fields[fd.Number()] = f
		}
		return m
	}
	return &Schema{compile(md)}
}

// lookup returns the field of that number, nil if m does not know it.
func (m *message) lookup(num protowire.Number) *field {
	if m == nil || int(num) >= len(m.fields) || m.fields[num].desc == nil {
		return nil
	}
	return &m.fields[num]
}

// packable reports whether values of f may stand in one length-delimited
// block, as parsers accept whatever the declaration says.
func (f *field) packable() bool { return f.desc.IsList() && f.wire != protowire.BytesType }

func wireType(k protoreflect.Kind) protowire.Type {
	switch k {
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return protowire.Fixed32Type
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.StringKind, protoreflect.BytesKind, protoreflect.MessageKind:
		return protowire.BytesType
	case protoreflect.GroupKind:
		return protowire.StartGroupType
	default:
		return protowire.VarintType
	}
}

// structSize is what the allocator takes for md's Go struct.
func structSize(md protoreflect.MessageDescriptor) int64 {
	const perField = 24 // if the type is not registered
	mt, err := protoregistry.GlobalTypes.FindMessageByName(md.FullName())
	if err != nil {
		return int64(64 + perField*md.Fields().Len())
	}
	size := int64(reflect.TypeOf(mt.Zero().Interface()).Elem().Size())
	return roundUp(size)
}

// valueCost is the memory of one value of fd outside its parent's struct: the
// slot that a growing slice has for it (twice, since slices double), or the
// variable that a presence pointer points to.
func valueCost(fd protoreflect.FieldDescriptor) int64 {
	var slot int64
	switch fd.Kind() {
	case protoreflect.StringKind:
		slot = 16
	case protoreflect.BytesKind:
		slot = 24
	case protoreflect.FloatKind, protoreflect.Int32Kind, protoreflect.Uint32Kind, protoreflect.EnumKind:
		slot = 4
	case protoreflect.BoolKind:
		slot = 1
	default:
		slot = 8
	}
	switch {
	case fd.IsList():
		return 2 * slot
	case fd.ContainingOneof() != nil:
		return 16 + slot
	case fd.Kind() == protoreflect.MessageKind, fd.Kind() == protoreflect.BytesKind:
		return 0 // the slot is in the struct
	}
	return max(slot, 8)
}

// roundUp bounds the size class that Go's allocator picks for n bytes.
func roundUp(n int64) int64 {
	if n <= 0 {
		return 0
	}
	step := max(int64(8), int64(1)<<bits.Len64(uint64(n))/8)
	return (n + step - 1) / step * step
}
