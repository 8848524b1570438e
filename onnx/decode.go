package onnx

import (
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/internal/wirescan"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Decode decodes an ONNX file's bytes; name stands for it in errors. The bytes
// must be well-formed and have a graph: whether that is a valid model is
// Check's matter. A model decoded this way has no external data: ReadFile and
// ReadFS do.
//
// Nodes that are not in topological order are sorted, as runtimes do it; those
// that form a cycle stay as they are. Unknown fields are kept and written again by Encode. The decoded model keeps
// at most 64 MiB plus 8 times the size of data alive; data that would take
// more is refused before anything is allocated.
func Decode(name string, data []byte, lim limit.Limits) (*Model, error) {
	m := &Model{Proto: &onnxpb.ModelProto{}, name: name, limits: lim.OrDefault()}
	if err := m.decode(data); err != nil {
		return nil, m.inFile(err)
	}
	return m, nil
}

func (m *Model) decode(data []byte) error {
	if len(data) == 0 {
		return errs.FormatAt(0, "", "not an ONNX model: the file is empty")
	}
	if int64(len(data)) > m.limits.FileBytes {
		return tooLarge(int64(len(data)), m.limits.FileBytes)
	}
	if err := modelSchema().Scan(data, scanLimits(m.limits, len(data))); err != nil {
		return notONNX(data, err)
	}
	options := proto.UnmarshalOptions{RecursionLimit: m.limits.Depth + 2}
	if err := options.Unmarshal(data, m.Proto); err != nil {
		return errs.Format("", "%w", err) // the scan leaves nothing to find
	}
	if m.Proto.Graph == nil {
		return notONNX(data, errs.FormatAt(int64(len(data)), "graph", "missing"))
	}
	sortNodes(m.Proto)
	return nil
}

// modelSchema is ModelProto as the scan wants it.
var modelSchema = sync.OnceValue(func() *wirescan.Schema {
	return wirescan.Compile((&onnxpb.ModelProto{}).ProtoReflect().Descriptor(), isText)
})

// isText reports whether a string field holds prose or data rather than a
// name, and so may be long.
func isText(fd protoreflect.FieldDescriptor) bool {
	return fd.Name() == "doc_string" ||
		fd.Name() == "value" && fd.Parent().Name() == "StringStringEntryProto"
}

func scanLimits(lim limit.Limits, size int) wirescan.Limits {
	return wirescan.Limits{
		Depth:     lim.Depth,
		Messages:  lim.Messages,
		NameBytes: lim.NameBytes,
		Memory:    min(64<<20+8*int64(size), lim.TotalBytes),
	}
}

// notONNX returns the error for data that is no model for the reason err. If it
// is something else that has a name, that name is the error.
func notONNX(data []byte, err error) error {
	if t := filetype.OfBytes(data); t.Kind != filetype.Unknown && t.Kind != filetype.ONNX {
		return t.Mistaken("an ONNX model")
	}
	return err
}

func tooLarge(size, allowed int64) error {
	return errs.Format("", "%d bytes, allowed %d (a protobuf message ends below 2 GiB: larger weights go into external data)", size, allowed)
}

// inFile puts the model's name in front of err.
func (m *Model) inFile(err error) error {
	if m.name == "" || err == nil {
		return err
	}
	return errs.InFile(m.name, err)
}

// DecodeTensor decodes a TensorProto's bytes; name stands for them in errors.
func DecodeTensor(name string, data []byte, lim limit.Limits) (*tensor.Tensor, error) {
	m := &Model{name: name, limits: lim.OrDefault()}
	if err := tensorSchema().Scan(data, scanLimits(m.limits, len(data))); err != nil {
		return nil, m.inFile(err)
	}
	tp := &onnxpb.TensorProto{}
	if err := proto.Unmarshal(data, tp); err != nil {
		return nil, m.inFile(errs.Format("", "%w", err))
	}
	return m.Tensor(tp)
}

var tensorSchema = sync.OnceValue(func() *wirescan.Schema {
	return wirescan.Compile((&onnxpb.TensorProto{}).ProtoReflect().Descriptor(), isText)
})
