package wire

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mixconv/mixconv/errs"
)

// Field is one field of a message.
type Field struct {
	Number protowire.Number
	Type   protowire.Type
	Offset int64  // of the field's tag, from where Fields was told its message begins
	Value  uint64 // of a varint, or the bits of a fixed-size field
	Bytes  []byte // of a length-delimited field
	Start  int64  // offset of Bytes
}

// Fields calls f for every field of the message b, which begins at offset base
// of the file. It stops at the first error.
func Fields(b []byte, base int64, f func(Field) error) error {
	for pos := 0; pos < len(b); {
		number, kind, n := protowire.ConsumeTag(b[pos:])
		if n < 0 || n != protowire.SizeTag(number) {
			return errs.FormatAt(base+int64(pos), "protobuf", "no field tag")
		}
		field := Field{Number: number, Type: kind, Offset: base + int64(pos)}
		size := field.parse(b[pos+n:])
		if size < 0 {
			return errs.FormatAt(field.Offset, "protobuf", "field %d: its value is malformed or goes past the message's end", number)
		}
		pos += n + size
		field.Start = base + int64(pos-len(field.Bytes))
		if err := f(field); err != nil {
			return err
		}
	}
	return nil
}

// parse reads the value at the start of b and returns its length, -1 if there
// is none.
func (f *Field) parse(b []byte) int {
	n := -1
	switch f.Type {
	case protowire.VarintType:
		if f.Value, n = protowire.ConsumeVarint(b); n != protowire.SizeVarint(f.Value) {
			return -1
		}
	case protowire.Fixed32Type:
		var v uint32
		v, n = protowire.ConsumeFixed32(b)
		f.Value = uint64(v)
	case protowire.Fixed64Type:
		f.Value, n = protowire.ConsumeFixed64(b)
	case protowire.BytesType:
		if f.Bytes, n = protowire.ConsumeBytes(b); n != protowire.SizeBytes(len(f.Bytes)) {
			return -1
		}
	}
	return n
}

// Want returns an error unless the field has the wire type.
func (f Field) Want(t protowire.Type) error {
	if f.Type != t {
		return errs.FormatAt(f.Offset, "protobuf", "field %d has wire type %d, allowed %d", f.Number, f.Type, t)
	}
	return nil
}

// Int64 is the value of a varint.
func (f Field) Int64() (int64, error) { return int64(f.Value), f.Want(protowire.VarintType) }

// Int32 is the value of a varint that must fit.
func (f Field) Int32() (int32, error) {
	v := int32(f.Value)
	if err := f.Want(protowire.VarintType); err != nil {
		return 0, err
	}
	if int64(v) != int64(f.Value) {
		return 0, errs.FormatAt(f.Offset, "protobuf", "field %d is %d, which is no 32-bit integer", f.Number, int64(f.Value))
	}
	return v, nil
}

// Bool is the value of a varint that must be 0 or 1.
func (f Field) Bool() (bool, error) {
	if err := f.Want(protowire.VarintType); err != nil {
		return false, err
	}
	if f.Value > 1 {
		return false, errs.FormatAt(f.Offset, "protobuf", "field %d is %d, allowed 0 and 1", f.Number, f.Value)
	}
	return f.Value == 1, nil
}

// Text is the value of a string, which must be UTF-8.
func (f Field) Text() (string, error) {
	if err := f.Want(protowire.BytesType); err != nil {
		return "", err
	}
	if !utf8.Valid(f.Bytes) {
		return "", errs.FormatAt(f.Start, "protobuf", "field %d is not UTF-8", f.Number)
	}
	return string(f.Bytes), nil
}

// Message walks the message in a field.
func (f Field) Message(visit func(Field) error) error {
	if err := f.Want(protowire.BytesType); err != nil {
		return err
	}
	return Fields(f.Bytes, f.Start, visit)
}

// Once refuses the second field of one number in a message.
type Once uint64

// Check records f, which must have a number below 64.
func (o *Once) Check(f Field) error {
	bit := Once(1) << f.Number
	if *o&bit != 0 {
		return errs.FormatAt(f.Offset, "protobuf", "field %d twice", f.Number)
	}
	*o |= bit
	return nil
}
