package graphdef

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/mixconv/mixconv/convert/tf/internal/tftype"
	"github.com/mixconv/mixconv/convert/tf/internal/wire"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/tensor"
)

// Tensor is a constant as a TensorProto holds it: as raw bytes, or as a list
// of values the last of which stands for all that follow.
type Tensor struct {
	Type  tftype.Type
	Shape []int64
	Size  int64 // bytes of all its elements; 0 for strings

	content []byte // tensor_content
	values  []wire.Field
	offset  int64
}

// Field numbers of TensorProto that hold values, by type.
var valueFields = map[tftype.Type]protowire.Number{
	tftype.Float32: 5, tftype.Int32: 7, tftype.Float16: 13, tftype.BFloat16: 13,
}

func parseTensor(f wire.Field) (*Tensor, error) {
	t := &Tensor{offset: f.Offset}
	var seen wire.Once
	err := f.Message(func(f wire.Field) (err error) {
		switch f.Number {
		case 1:
			var v int32
			v, err = f.Int32()
			t.Type = tftype.Type(v)
		case 2:
			t.Shape, err = wire.Shape(f)
		case 4:
			err = f.Want(protowire.BytesType)
			t.content = f.Bytes
		case 5, 7, 13:
			if len(t.values) == maxLists {
				return errs.FormatAt(f.Offset, "tensor", "its values come in more than %d pieces", maxLists)
			}
			t.values = append(t.values, f)
			return nil
		default:
			return nil // values of types that nothing here reads
		}
		if err != nil {
			return err
		}
		return seen.Check(f)
	})
	if err != nil {
		return nil, err
	}
	if !t.Type.Stored() {
		return nil, errs.FormatAt(t.offset, "tensor", "%s cannot be a constant", t.Type)
	}
	elements, _, err := tensor.Size(tensor.Uint8, t.Shape)
	if err != nil {
		return nil, errs.FormatAt(t.offset, "tensor", "%w", err)
	}
	if elements > math.MaxInt64/16 {
		return nil, errs.FormatAt(t.offset, "tensor", "%d elements", elements)
	}
	t.Size = elements * t.Type.Bytes()
	if t.content != nil && t.Type != tftype.String && int64(len(t.content)) != t.Size {
		return nil, errs.FormatAt(t.offset, "tensor", "tensor_content has %d bytes, but shape %v of %s takes %d",
			len(t.content), t.Shape, t.Type, t.Size)
	}
	return t, nil
}

// maxLists bounds the pieces that a list of values comes in: one when packed,
// one per value in the oldest files, which only wrote scalars so.
const maxLists = 1 << 16

// Data returns the elements' bytes, little-endian. A list of values may stand
// for more elements than it has; *budget is what such lists may still take.
func (t *Tensor) Data(budget *int64) ([]byte, error) {
	fail := func(format string, args ...any) ([]byte, error) {
		return nil, errs.FormatAt(t.offset, "tensor", format, args...)
	}
	if t.content != nil {
		if len(t.values) > 0 {
			return fail("both tensor_content and a list of values")
		}
		return t.content, nil
	}
	number, ok := valueFields[t.Type]
	if !ok {
		return fail("type %s in a list of values, allowed float32, float16, bfloat16 and int32", t.Type)
	}
	if t.Size > *budget {
		return fail("%d bytes, of which the file spells out fewer: allowed %d in all such tensors", t.Size, *budget)
	}
	*budget -= t.Size
	data := make([]byte, 0, t.Size)
	element, width := protowire.VarintType, int(t.Type.Bytes())
	if t.Type == tftype.Float32 {
		element = protowire.Fixed32Type
	}
	for _, f := range t.values {
		if f.Number != number {
			return fail("values in field %d, allowed for %s %d", f.Number, t.Type, number)
		}
		err := repeated(f, element, func(v uint64) error {
			if int64(len(data)) == t.Size {
				return errs.FormatAt(t.offset, "tensor", "more values than the shape %v has", t.Shape)
			}
			if width == 2 {
				data = binary.LittleEndian.AppendUint16(data, uint16(v))
			} else {
				data = binary.LittleEndian.AppendUint32(data, uint32(v))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	last := make([]byte, width) // no value at all stands for zeros
	if len(data) > 0 {
		last = data[len(data)-width:]
	}
	for int64(len(data)) < t.Size {
		data = append(data, last...)
	}
	return data, nil
}
