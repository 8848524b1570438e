package decode

import (
	"sync"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/internal/filetype"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/internal/wirescan"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Model decodes a ModelProto that has a graph, and sorts its nodes. No field of the
// limits is zero.
func Model(data []byte, lim limit.Limits) (*onnxpb.ModelProto, error) {
	if len(data) == 0 {
		return nil, errs.FormatAt(0, "", "not an ONNX model: the file is empty")
	}
	if err := modelSchema().Scan(data, scanLimits(lim, len(data))); err != nil {
		return nil, notONNX(data, err)
	}
	p := &onnxpb.ModelProto{}
	options := proto.UnmarshalOptions{RecursionLimit: lim.Depth + 2}
	if err := options.Unmarshal(data, p); err != nil {
		return nil, errs.Format("", "%w", err) // the scan leaves nothing to find
	}
	if p.Graph == nil {
		return nil, notONNX(data, errs.FormatAt(int64(len(data)), "graph", "missing"))
	}
	message.SortNodes(p)
	return p, nil
}

// Tensor decodes a TensorProto. No field of the limits is zero.
func Tensor(data []byte, lim limit.Limits) (*onnxpb.TensorProto, error) {
	if err := tensorSchema().Scan(data, scanLimits(lim, len(data))); err != nil {
		return nil, err
	}
	tp := &onnxpb.TensorProto{}
	if err := proto.Unmarshal(data, tp); err != nil {
		return nil, errs.Format("", "%w", err)
	}
	return tp, nil
}

// modelSchema is ModelProto as the scan wants it.
var modelSchema = sync.OnceValue(func() *wirescan.Schema {
	return wirescan.Compile((&onnxpb.ModelProto{}).ProtoReflect().Descriptor(), isText)
})

var tensorSchema = sync.OnceValue(func() *wirescan.Schema {
	return wirescan.Compile((&onnxpb.TensorProto{}).ProtoReflect().Descriptor(), isText)
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
