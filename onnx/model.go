// Package onnx turns an ONNX file into a checked model and back. It decodes
// and encodes, reads tensors wherever their data is, checks what the format
// demands of any model, inlines model-local functions and prints models as
// text. It knows no operator and does no arithmetic.
package onnx

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// Model is an ONNX model together with what is needed to read its external
// data. Proto may be changed; Check says whether it still is a valid model.
type Model struct {
	Proto *onnxpb.ModelProto

	name   string       // for errors: the path as the caller gave it
	limits limit.Limits // complete: OrDefault has been applied
	files  dataFiles    // where external data is; nil: nowhere
	stored map[*onnxpb.TensorProto]*Stored
}

// New returns a model that comes from no file, with the default limits.
// External data cannot be read through it. Nodes of p that are not in topological
// order are sorted in place.
func New(p *onnxpb.ModelProto) *Model {
	if p == nil {
		p = &onnxpb.ModelProto{}
	}
	sortNodes(p)
	return &Model{Proto: p, limits: limit.Default()}
}

// Name is the path or name that the model was read under, "" for New.
func (m *Model) Name() string { return m.name }

// Limits are the bounds that the model was read with.
func (m *Model) Limits() limit.Limits { return m.limits }

// Opset returns the imported version of domain and whether it is imported.
// "" and "ai.onnx" are the same domain.
func (m *Model) Opset(domain string) (int64, bool) {
	return opset(m.Proto.GetOpsetImport(), domain)
}

// Function returns the model-local function of that name, nil if there is
// none. "" and "ai.onnx" are the same domain.
func (m *Model) Function(domain, name, overload string) *onnxpb.FunctionProto {
	want := funcKey{canonicalDomain(domain), name, overload}
	for _, f := range m.Proto.GetFunctions() {
		if keyOf(f) == want {
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

// funcKey is what identifies a function, and what a node calls it by.
type funcKey struct{ domain, name, overload string }

func keyOf(f *onnxpb.FunctionProto) funcKey {
	return funcKey{canonicalDomain(f.GetDomain()), f.GetName(), f.GetOverload()}
}

func calleeOf(n *onnxpb.NodeProto) funcKey {
	return funcKey{canonicalDomain(n.GetDomain()), n.GetOpType(), n.GetOverload()}
}

// canonicalDomain maps the long name of ONNX's own domain to the short one.
func canonicalDomain(domain string) string {
	if domain == "ai.onnx" {
		return ""
	}
	return domain
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

func opset(imports []*onnxpb.OperatorSetIdProto, domain string) (int64, bool) {
	domain = canonicalDomain(domain)
	for _, o := range imports {
		if canonicalDomain(o.GetDomain()) == domain {
			return o.GetVersion(), true
		}
	}
	return 0, false
}
