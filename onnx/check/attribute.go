package check

import (
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// attributes checks n's attributes and what is inside them.
func (c *checker) attributes(path *fieldpath.Path, n *onnxpb.NodeProto) error {
	seen := make(map[string]bool, len(n.GetAttribute()))
	for i, a := range n.GetAttribute() {
		at := path.Named("attribute", i, a.GetName())
		switch {
		case a.GetName() == "":
			return at.Errorf("attribute without a name")
		case seen[a.GetName()]:
			return at.Errorf("given twice")
		}
		seen[a.GetName()] = true
		if err := c.attribute(at, a); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) attribute(path *fieldpath.Path, a *onnxpb.AttributeProto) error {
	typ := a.GetType()
	if typ == onnxpb.AttributeProto_UNDEFINED {
		return path.Errorf("no type")
	}
	filled := filledValues(a)
	if ref := a.GetRefAttrName(); ref != "" {
		if len(filled) > 0 {
			return path.Errorf("%s is filled although ref_attr_name is %s", filled[0], errs.Quote(ref))
		}
		return c.reference(path, ref)
	}
	want := valueField[typ]
	for _, f := range filled {
		if f != want {
			return path.Errorf("type %s, but the value is in %s, allowed is %s", typ, f, want)
		}
	}
	// A writer that leaves out zeros (proto3) writes none of the plain fields.
	if len(filled) == 0 && slices.Contains([]string{"t", "g", "tp", "sparse_tensor"}, want) {
		return path.Errorf("type %s, but %s is missing", typ, want)
	}
	return c.attributeContent(path, a)
}

// valueField names the field that holds a value of each type.
var valueField = map[onnxpb.AttributeProto_AttributeType]string{
	onnxpb.AttributeProto_FLOAT: "f", onnxpb.AttributeProto_FLOATS: "floats",
	onnxpb.AttributeProto_INT: "i", onnxpb.AttributeProto_INTS: "ints",
	onnxpb.AttributeProto_STRING: "s", onnxpb.AttributeProto_STRINGS: "strings",
	onnxpb.AttributeProto_TENSOR: "t", onnxpb.AttributeProto_TENSORS: "tensors",
	onnxpb.AttributeProto_GRAPH: "g", onnxpb.AttributeProto_GRAPHS: "graphs",
	onnxpb.AttributeProto_SPARSE_TENSOR: "sparse_tensor", onnxpb.AttributeProto_SPARSE_TENSORS: "sparse_tensors",
	onnxpb.AttributeProto_TYPE_PROTO: "tp", onnxpb.AttributeProto_TYPE_PROTOS: "type_protos",
}

// filledValues names the value fields of a that have something in them.
func filledValues(a *onnxpb.AttributeProto) []string {
	var filled []string
	add := func(field string, is bool) {
		if is {
			filled = append(filled, field)
		}
	}
	add("f", a.F != nil)
	add("i", a.I != nil)
	add("s", a.S != nil)
	add("t", a.T != nil)
	add("g", a.G != nil)
	add("tp", a.Tp != nil)
	add("sparse_tensor", a.SparseTensor != nil)
	add("floats", len(a.Floats) > 0)
	add("ints", len(a.Ints) > 0)
	add("strings", len(a.Strings) > 0)
	add("tensors", len(a.Tensors) > 0)
	add("graphs", len(a.Graphs) > 0)
	add("sparse_tensors", len(a.SparseTensors) > 0)
	add("type_protos", len(a.TypeProtos) > 0)
	return filled
}

// reference checks an attribute that takes the value of a function's.
func (c *checker) reference(path *fieldpath.Path, ref string) error {
	if c.function == nil {
		return path.Errorf("ref_attr_name %s outside of a function", errs.Quote(ref))
	}
	if !c.declares(c.function, ref) {
		return path.Errorf("ref_attr_name %s, allowed are the function's attributes: %s", errs.Quote(ref), list(attributeNames(c.function)))
	}
	return nil
}

// attributeContent checks the tensors, types and graphs inside a.
func (c *checker) attributeContent(path *fieldpath.Path, a *onnxpb.AttributeProto) error {
	for i, t := range a.GetTensors() {
		if err := c.tensor(path.Element("tensors", i), t); err != nil {
			return err
		}
	}
	for i, s := range a.GetSparseTensors() {
		if err := c.sparse(path.Element("sparse_tensors", i), s); err != nil {
			return err
		}
	}
	for i, t := range a.GetTypeProtos() {
		if err := checkType(path.Element("type_protos", i), t, false); err != nil {
			return err
		}
	}
	for i, g := range a.GetGraphs() {
		if err := c.subgraph(path.Element("graphs", i), g); err != nil {
			return err
		}
	}
	switch a.GetType() {
	case onnxpb.AttributeProto_TENSOR:
		return c.tensor(path.Field("t"), a.GetT())
	case onnxpb.AttributeProto_SPARSE_TENSOR:
		return c.sparse(path.Field("sparse_tensor"), a.GetSparseTensor())
	case onnxpb.AttributeProto_TYPE_PROTO:
		return checkType(path.Field("tp"), a.GetTp(), false)
	case onnxpb.AttributeProto_GRAPH:
		return c.subgraph(path.Field("g"), a.GetG())
	}
	return nil
}

// subgraph checks a graph that sees the names around it. Its own names may not
// hide any of those, and end with it.
func (c *checker) subgraph(path *fieldpath.Path, g *onnxpb.GraphProto) error {
	if c.depth++; c.depth > c.limits.Subgraphs {
		return path.Errorf("graphs nested more than %d deep", c.limits.Subgraphs)
	}
	mark := c.scope.mark()
	err := c.graph(path, g)
	c.scope.leave(mark)
	c.depth--
	return err
}

// list prints names for an error, a few of them.
func list(names []string) string {
	const most = 8
	if len(names) == 0 {
		return "none"
	}
	quoted := make([]string, 0, most+1)
	for i, n := range names {
		if i == most {
			quoted = append(quoted, "…")
			break
		}
		quoted = append(quoted, errs.Quote(n))
	}
	return strings.Join(quoted, ", ")
}
