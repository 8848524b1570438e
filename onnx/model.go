package onnx

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/internal/source"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// Model is an ONNX model together with what is needed to read its weights. Proto may be
// changed; package check says whether it still is a valid model. A copy of a Model with
// another Proto has the same name, limits and files.
type Model struct {
	Proto *onnxpb.ModelProto

	name   string        // for errors: the path as the caller gave it
	limits limit.Limits  // complete: OrDefault has been applied
	files  source.Folder // where external data is; nil: nowhere
	file   storage       // where stored weights are; nil: nowhere
	stored map[*onnxpb.TensorProto]*Stored
}

// New returns a model that comes from no file, with the default limits.
// External data cannot be read through it. Nodes of p that are not in topological
// order are sorted in place.
func New(p *onnxpb.ModelProto) *Model {
	if p == nil {
		p = &onnxpb.ModelProto{}
	}
	message.SortNodes(p)
	return &Model{Proto: p, limits: limit.Default()}
}

// Name is the path or name that the model was read under, "" for New.
func (m *Model) Name() string { return m.name }

// Limits are the bounds that the model was read with.
func (m *Model) Limits() limit.Limits { return m.limits }

// Opset returns the imported version of domain and whether it is imported.
// "" and "ai.onnx" are the same domain.
func (m *Model) Opset(domain string) (int64, bool) {
	return message.Opset(m.Proto.GetOpsetImport(), domain)
}

// Function returns the model-local function of that name, nil if there is
// none. "" and "ai.onnx" are the same domain.
func (m *Model) Function(domain, name, overload string) *onnxpb.FunctionProto {
	want := message.FunctionID{Domain: message.Domain(domain), Name: name, Overload: overload}
	for _, f := range m.Proto.GetFunctions() {
		if message.IDOf(f) == want {
			return f
		}
	}
	return nil
}

// Metadata returns the value of key in metadata_props.
func (m *Model) Metadata(key string) (string, bool) {
	for _, e := range m.Proto.GetMetadataProps() {
		if e.GetKey() == key {
			return e.GetValue(), true
		}
	}
	return "", false
}

// SetMetadata sets key in metadata_props: in place if it is there, else at the
// end.
func (m *Model) SetMetadata(key, value string) {
	for _, e := range m.Proto.GetMetadataProps() {
		if e.GetKey() == key {
			e.Value = proto.String(value)
			return
		}
	}
	m.Proto.MetadataProps = append(m.Proto.MetadataProps,
		&onnxpb.StringStringEntryProto{Key: proto.String(key), Value: proto.String(value)})
}

// KnownDim returns the size that a declared dimension has. A negative dim_value is
// none: some exporters write -1 for a size that is open, and runtimes take it for
// that.
func KnownDim(d *onnxpb.TensorShapeProto_Dimension) (n int64, known bool) {
	v, ok := d.GetValue().(*onnxpb.TensorShapeProto_Dimension_DimValue)
	if !ok || v.DimValue < 0 {
		return 0, false
	}
	return v.DimValue, true
}

// inFile puts the model's name in front of err.
func (m *Model) inFile(err error) error { return errs.InFile(m.name, err) }
