package onnx

import (
	"encoding/binary"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"unsafe"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// Tensor returns tp's elements, from whichever of the places they are in: the
// field of their type, raw_data, the model's file or one beside it. The
// result may share its elements with tp: neither may be changed any more.
func (m *Model) Tensor(tp *onnxpb.TensorProto) (*tensor.Tensor, error) {
	t, err := m.tensorAt((*fieldpath.Path)(nil).Named("tensor", -1, tp.GetName()), tp)
	return t, m.inFile(err)
}

func (m *Model) tensorAt(path *fieldpath.Path, tp *onnxpb.TensorProto) (*tensor.Tensor, error) {
	l, err := m.layoutOf(path, tp)
	if err != nil {
		return nil, err
	}
	var data []byte
	switch l.place {
	case raw:
		data = tp.GetRawData()
	case outside:
		if data, err = m.readOutside(path, &l); err != nil {
			return nil, err
		}
	case stored:
		data = make([]byte, l.bytes)
		if err := l.stored.file.read(data, l.stored.offset); err != nil {
			return nil, err
		}
	case typed:
		t := tensor.New(l.dtype, l.shape...)
		if err := fillTyped(t, tp); err != nil {
			return nil, errs.Format(path.Field(typedField(l.dtype)).String(), "%w", err)
		}
		return t, nil
	}
	if list, ok := floatsIn(data); ok && l.dtype == tensor.Float32 {
		return tensor.Of(list, l.shape...), nil
	}
	t := tensor.New(l.dtype, l.shape...)
	if err := fillRaw(t, data); err != nil {
		return nil, errs.Format(path.Field("raw_data").String(), "%w", err)
	}
	return t, nil
}

// floatsIn returns data as the float32 elements that it holds where this
// machine would lay them out alike: weights are most of a model, and a copy of
// them is a copy of it.
func floatsIn(data []byte) ([]float32, bool) {
	if len(data) == 0 || len(data)%4 != 0 || uintptr(unsafe.Pointer(&data[0]))%4 != 0 || !littleEndian {
		return nil, false
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), len(data)/4), true
}

var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

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

// NewTensor returns t as a TensorProto with its elements in raw_data (strings
// in string_data). It shares nothing with t. Of one that t.Check refuses it has no
// elements, and the model's Check refuses it in turn.
func NewTensor(name string, t *tensor.Tensor) *onnxpb.TensorProto {
	tp := &onnxpb.TensorProto{Name: proto.String(name)}
	if t == nil {
		return tp
	}
	tp.DataType = proto.Int32(int32(t.DType))
	for _, d := range t.Shape {
		tp.Dims = append(tp.Dims, int64(d))
	}
	if t.Check() != nil || t.DType.IsSequence() {
		return tp
	}
	switch d := t.Data.(type) {
	case []string:
		for _, s := range d {
			tp.StringData = append(tp.StringData, []byte(s))
		}
		return tp
	case []uint8:
		tp.RawData = pack(d, t.DType)
	case []int8:
		tp.RawData = pack(d, t.DType)
	default:
		tp.RawData = make([]byte, binary.Size(t.Data))
		// A slice of fixed-size numbers in a buffer of their size: no error is possible.
		_, _ = binary.Encode(tp.RawData, binary.LittleEndian, t.Data)
	}
	return tp
}

// DataFiles lists the files with the model's external data, sorted, as paths
// beside Name.
func (m *Model) DataFiles() []string {
	files := map[string]bool{}
	_ = eachTensor(m.Proto, func(tp *onnxpb.TensorProto) error {
		for _, entry := range tp.GetExternalData() {
			if entry.GetKey() == "location" {
				files[filepath.Join(filepath.Dir(m.name), filepath.FromSlash(entry.GetValue()))] = true
			}
		}
		return nil
	})
	return slices.Sorted(maps.Keys(files))
}

// EmbedData moves all external data into the model, and what OpenFile left in
// its file, which then depends on no file.
func (m *Model) EmbedData() error {
	p, err := m.embedded()
	if err != nil {
		return m.inFile(err)
	}
	m.Proto, m.stored = p, nil
	err = eachTensor(m.Proto, func(tp *onnxpb.TensorProto) error {
		if tp.GetDataLocation() != onnxpb.TensorProto_EXTERNAL {
			return nil
		}
		path := (*fieldpath.Path)(nil).Named("tensor", -1, tp.GetName())
		l, err := m.layoutOf(path, tp)
		if err != nil {
			return err
		}
		if tp.RawData, err = m.readOutside(path, &l); err != nil {
			return err
		}
		tp.ExternalData, tp.DataLocation = nil, nil
		return nil
	})
	return m.inFile(err)
}
