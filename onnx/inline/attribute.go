package inline

import (
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// bindAttributes sets the callee's attributes: those that the call n gives, as
// they are in the caller s, and f's defaults for the others.
func (in *inliner) bindAttributes(path *fieldpath.Path, n *onnxpb.NodeProto, f *onnxpb.FunctionProto, s, callee *instance) error {
	callee.attributes = map[string]*onnxpb.AttributeProto{}
	given, err := in.attributes(path, n.GetAttribute(), s)
	if err != nil {
		return err
	}
	for _, a := range given {
		callee.attributes[a.GetName()] = a
	}
	var defaults []*onnxpb.AttributeProto
	for _, a := range f.GetAttributeProto() {
		if callee.attributes[a.GetName()] == nil {
			defaults = append(defaults, a)
		}
	}
	if defaults, err = in.attributes(path, defaults, callee); err != nil {
		return err
	}
	for _, a := range defaults {
		callee.attributes[a.GetName()] = a
	}
	return nil
}

// attributes returns a node's attributes as they are after inlining. One that
// refers to an attribute which the call leaves out is left out as well.
func (in *inliner) attributes(path *fieldpath.Path, attributes []*onnxpb.AttributeProto, s *instance) ([]*onnxpb.AttributeProto, error) {
	var out []*onnxpb.AttributeProto
	for i, a := range attributes {
		at := path.Named("attribute", i, a.GetName())
		resolve := in.literal
		if a.GetRefAttrName() != "" {
			resolve = in.referred
		}
		r, err := resolve(at, a, s)
		if err != nil {
			return nil, err
		}
		if r != nil {
			out = append(out, r)
		}
	}
	return out, nil
}

// referred returns the value that a refers to, under a's name. It is already
// in the names of the inlined graph.
func (in *inliner) referred(path *fieldpath.Path, a *onnxpb.AttributeProto, s *instance) (*onnxpb.AttributeProto, error) {
	v := s.attributes[a.GetRefAttrName()]
	if v == nil {
		return nil, nil
	}
	if v.GetType() != a.GetType() {
		return nil, path.Errorf("type %s, but the call gives %s a value of type %s", a.GetType(), errs.Quote(a.GetRefAttrName()), v.GetType())
	}
	for _, g := range message.AttributeGraphs(v) {
		n := 0
		message.EachNode(g.GetNode(), func(*onnxpb.NodeProto) { n++ })
		if err := in.countNodes(path, n); err != nil {
			return nil, err
		}
	}
	r := message.Shallow(v)
	r.Name, r.DocString = proto.String(a.GetName()), a.DocString
	return r, nil
}

// literal returns a with the calls in its graphs inlined.
func (in *inliner) literal(path *fieldpath.Path, a *onnxpb.AttributeProto, s *instance) (*onnxpb.AttributeProto, error) {
	if len(message.AttributeGraphs(a)) == 0 {
		return a, nil
	}
	r := message.Shallow(a)
	r.Graphs = nil
	s.depth++
	defer func() { s.depth-- }()
	var err error
	if r.G, err = in.graph(path.Field("g"), a.GetG(), s); err != nil {
		return nil, err
	}
	for i, g := range a.GetGraphs() {
		if g, err = in.graph(path.Element("graphs", i), g, s); err != nil {
			return nil, err
		}
		r.Graphs = append(r.Graphs, g)
	}
	return r, nil
}

// graph returns g, which belongs to s, with all calls inlined; nil for nil.
func (in *inliner) graph(path *fieldpath.Path, g *onnxpb.GraphProto, s *instance) (*onnxpb.GraphProto, error) {
	if g == nil {
		return nil, nil
	}
	c := message.Shallow(g)
	if s.values != nil {
		in.renameInterface(c, s)
	}
	var err error
	if c.Node, err = in.body(path, nil, g.GetNode(), s); err != nil {
		return nil, err
	}
	if s.values != nil {
		renameOutputs(c, s)
	}
	return c, nil
}

// renameInterface gives c's inputs and initializers their new names.
func (in *inliner) renameInterface(c *onnxpb.GraphProto, s *instance) {
	own := map[string]string{}
	define := func(name string) *string {
		if own[name] == "" { // an initializer may have an input's name
			own[name] = in.define(s, name)
		}
		return proto.String(own[name])
	}
	inputs, initializers, sparse := c.Input, c.Initializer, c.SparseInitializer
	c.Input, c.Initializer, c.SparseInitializer = nil, nil, nil
	for _, v := range inputs {
		v = message.Shallow(v)
		v.Name = define(v.GetName())
		c.Input = append(c.Input, v)
	}
	for _, t := range initializers {
		t = message.Shallow(t)
		t.Name = define(t.GetName())
		c.Initializer = append(c.Initializer, t)
	}
	for _, t := range sparse {
		t = message.Shallow(t)
		t.Values = message.Shallow(t.GetValues())
		t.Values.Name = define(t.Values.GetName())
		c.SparseInitializer = append(c.SparseInitializer, t)
	}
}

// renameOutputs gives c's outputs their new names. What c says about other
// values is dropped: it held for the function, perhaps not for this call.
func renameOutputs(c *onnxpb.GraphProto, s *instance) {
	outputs := c.Output
	c.Output, c.ValueInfo, c.QuantizationAnnotation = nil, nil, nil
	for _, v := range outputs {
		v = message.Shallow(v)
		v.Name = proto.String(s.value(v.GetName()))
		c.Output = append(c.Output, v)
	}
}
