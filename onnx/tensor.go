package onnx

import (
	"errors"

	"github.com/mixconv/mixconv/onnx/internal/elements"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/internal/source"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// Tensor returns tp's elements, from whichever of the places they are in: the
// field of their type, raw_data, the model's file or one beside it. The
// result may share its elements with tp: neither may be changed any more.
func (m *Model) Tensor(tp *onnxpb.TensorProto) (*tensor.Tensor, error) {
	t, err := m.tensor(tp)
	return t, m.inFile(err)
}

func (m *Model) tensor(tp *onnxpb.TensorProto) (*tensor.Tensor, error) {
	path := tensorPath(tp)
	l, err := m.layoutOf(path, tp)
	if err != nil {
		return nil, err
	}
	var data []byte
	switch l.Place {
	case elements.Outside:
		data, err = m.readBeside(path, &l)
	case elements.Stored:
		data, err = m.Stored(tp).whole()
	}
	if err != nil {
		return nil, err
	}
	return l.Tensor(path, tp, data)
}

// tensorPath is where tp stands for an error, which is not known here.
func tensorPath(tp *onnxpb.TensorProto) *fieldpath.Path {
	return (*fieldpath.Path)(nil).Named("tensor", -1, tp.GetName())
}

func (m *Model) layoutOf(path *fieldpath.Path, tp *onnxpb.TensorProto) (elements.Layout, error) {
	return elements.LayoutOf(path, tp, m.Stored(tp).Bytes(), m.limits.TensorBytes)
}

// readBeside reads the bytes of a tensor with external data.
func (m *Model) readBeside(path *fieldpath.Path, l *elements.Layout) (data []byte, err error) {
	if err = errNoFolder; m.files != nil {
		data, err = source.ReadBeside(m.files, l.External.Location, l.External.Offset, l.Bytes)
	}
	if err != nil {
		return nil, path.Field("external_data").Errorf("%w", err)
	}
	return data, nil
}

var errNoFolder = errors.New("the model was not read from a folder, so it has no external data")

// NewTensor returns t as a TensorProto with its elements in raw_data (strings
// in string_data). It shares nothing with t. Of one that t.Check refuses it has no
// elements, and a check of the model refuses it in turn.
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
	if list, ok := t.Data.([]string); ok {
		for _, s := range list {
			tp.StringData = append(tp.StringData, []byte(s))
		}
		return tp
	}
	tp.RawData = elements.Bytes(t)
	return tp
}
