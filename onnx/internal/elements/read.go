package elements

import (
	"encoding/binary"
	"fmt"

	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// Tensor decodes the elements of tp, which stands at path and has this layout. Those
// that are in no field of it are in data, l.Bytes of them. The result may share its
// elements with tp and data.
func (l *Layout) Tensor(path *fieldpath.Path, tp *onnxpb.TensorProto, data []byte) (*tensor.Tensor, error) {
	switch l.Place {
	case Typed:
		t := tensor.New(l.DType, l.Shape...)
		if err := fillTyped(t, tp); err != nil {
			return nil, path.Field(typedField(l.DType)).Errorf("%w", err)
		}
		return t, nil
	case Raw:
		data = tp.GetRawData()
	}
	if list, ok := floatsIn(data); ok && l.DType == tensor.Float32 {
		return tensor.Of(list, l.Shape...), nil
	}
	t := tensor.New(l.DType, l.Shape...)
	if err := fillRaw(t, data); err != nil {
		return nil, path.Field("raw_data").Errorf("%w", err)
	}
	return t, nil
}

// fillRaw sets t's elements from little-endian bytes, exactly as many as t
// takes.
func fillRaw(t *tensor.Tensor, data []byte) error {
	switch d := t.Data.(type) {
	case []uint8:
		unpack(d, data, t.DType)
	case []int8:
		unpack(d, data, t.DType)
	case []bool:
		for i, b := range data {
			if b > 1 {
				return fmt.Errorf("element %d is %d, allowed for bool 0 or 1", i, b)
			}
			d[i] = b == 1
		}
	default:
		_, err := binary.Decode(data, binary.LittleEndian, t.Data)
		return err
	}
	return nil
}
