package runtime

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// Value describes an input or output.
type Value struct {
	Name  string
	DType tensor.DType
	Shape tensor.Shape // tensor.Unknown where only a run tells; nil: rank unknown
	Dims  []string     // beside Shape: what the model calls a dimension ("batch"), "" where it has no name

	Optional bool // may be nil
}

// String is the name, the element type and the shape, open dimensions by the
// names they have: input float32 [batch,3,224,224].
func (v Value) String() string {
	if v.Shape == nil {
		return fmt.Sprintf("%s %s %s", v.Name, v.DType, v.Shape)
	}
	dims := make([]string, len(v.Shape))
	for i, d := range v.Shape {
		switch {
		case d != tensor.Unknown:
			dims[i] = strconv.Itoa(d)
		case v.Dims[i] != "":
			dims[i] = v.Dims[i]
		default:
			dims[i] = "?"
		}
	}
	return fmt.Sprintf("%s %s [%s]", v.Name, v.DType, strings.Join(dims, ","))
}

// Inputs lists what Run must be given. What it may be given besides has a default:
// see Defaults.
func (s *Session) Inputs() []Value { return inputs(s.model, s.typed) }

// Outputs lists what Run returns.
func (s *Session) Outputs() []Value { return outputs(s.model, s.typed) }

func inputs(m *onnx.Model, g *graph.Graph) []Value {
	list, declared := make([]Value, len(g.Inputs)), byName(m.Proto.GetGraph().GetInput())
	for i, v := range g.Inputs {
		list[i] = describeValue(v.Name, v, declared[v.Name])
	}
	return list
}

func defaults(m *onnx.Model, g *graph.Graph) []Value {
	list, declared := make([]Value, len(g.Defaults)), byName(m.Proto.GetGraph().GetInput())
	for i, d := range g.Defaults {
		list[i] = describeValue(d.Value.Name, &graph.Value{Type: d.Declared}, declared[d.Value.Name])
	}
	return list
}

func outputs(m *onnx.Model, g *graph.Graph) []Value {
	list, declared := make([]Value, len(g.Outputs)), byName(m.Proto.GetGraph().GetOutput())
	for i, o := range g.Outputs {
		list[i] = describeValue(o.Name, o.Value, declared[o.Name])
	}
	return list
}

func byName(list []*onnxpb.ValueInfoProto) map[string]*onnxpb.ValueInfoProto {
	named := make(map[string]*onnxpb.ValueInfoProto, len(list))
	for _, info := range list {
		named[info.GetName()] = info
	}
	return named
}

// describeValue takes the dimensions' names from where the file declares the
// value; nil if it does not.
func describeValue(name string, v *graph.Value, declared *onnxpb.ValueInfoProto) Value {
	d := Value{Name: name, DType: v.Type.DType, Shape: v.Type.Shape.Clone()}
	if d.Shape != nil {
		d.Dims = make([]string, len(d.Shape))
	}
	d.Optional = declared.GetType().GetOptionalType() != nil
	if dims := declared.GetType().GetTensorType().GetShape().GetDim(); len(dims) == len(d.Dims) {
		for i, dim := range dims {
			d.Dims[i] = dim.GetDimParam()
		}
	}
	return d
}

// Metadata is what a model says of itself. None of it changes how it runs.
type Metadata struct {
	Graph, Description, Domain string
	Version                    int64 // of the model
	Producer, ProducerVersion  string
	IR                         int64             // version of the file format
	Opsets                     map[string]int64  // by domain; "" is ONNX's own
	Props                      map[string]string // metadata_props; docs/conversion.md lists those that mixconv writes
}

// Metadata returns what the model says of itself.
func (s *Session) Metadata() Metadata {
	p := s.model.Proto
	d := Metadata{
		Graph: p.GetGraph().GetName(), Description: p.GetDocString(), Domain: p.GetDomain(), Version: p.GetModelVersion(),
		Producer: p.GetProducerName(), ProducerVersion: p.GetProducerVersion(), IR: p.GetIrVersion(),
		Opsets: map[string]int64{}, Props: map[string]string{},
	}
	for _, o := range p.GetOpsetImport() {
		d.Opsets[o.GetDomain()] = o.GetVersion()
	}
	for _, e := range p.GetMetadataProps() {
		d.Props[e.GetKey()] = e.GetValue()
	}
	return d
}
