package conform

import (
	"io/fs"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// read reads a value as the model declares it: a TensorProto, a SequenceProto or an
// OptionalProto, which may have either or nothing.
func read(data fs.FS, file string, v runtime.Value) (*tensor.Tensor, error) {
	if !v.Optional && !v.DType.IsSequence() {
		return onnx.ReadTensorFS(data, file, limit.Limits{})
	}
	raw, err := fs.ReadFile(data, file)
	if err != nil {
		return nil, err
	}
	sequence, optional := &onnxpb.SequenceProto{}, &onnxpb.OptionalProto{}
	if !v.Optional {
		err = proto.Unmarshal(raw, sequence)
	} else if err = proto.Unmarshal(raw, optional); err == nil {
		sequence = optional.GetSequenceValue()
	}
	switch {
	case err != nil:
		return nil, errs.InFile(file, errs.Format("", "%w", err))
	case optional.GetTensorValue() != nil:
		return onnx.New(nil).Tensor(optional.GetTensorValue())
	case sequence == nil:
		return nil, nil
	}
	list := make([]*tensor.Tensor, len(sequence.GetTensorValues()))
	for i, t := range sequence.GetTensorValues() {
		if list[i], err = onnx.New(nil).Tensor(t); err != nil {
			return nil, errs.InFile(file, err)
		}
	}
	return tensor.SequenceOf(v.DType.Sequence(), list...), nil
}
