package graph

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/inline"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// Build checks m, inlines its functions except canonical MDConv bodies,
// resolves every operator and infers types with the dimensions that the file
// declares. Everything unsupported is reported in one errs.UnsupportedError. The
// model's constants are added to the budget.
func Build(b *limit.Budget, m *onnx.Model) (*Graph, error) {
	g, unsupported, err := build(b, m)
	if err == nil {
		err = g.remember(b, m)
	}
	if err == nil {
		err = g.typeAll(b, m, unsupported)
	}
	switch {
	case b.Err() != nil:
		return nil, b.Err()
	case err != nil:
		return nil, errs.InFile(m.Name(), err)
	}
	return g, nil
}

// typeAll infers all types from those that the file declares.
func (g *Graph) typeAll(b *limit.Budget, m *onnx.Model, unsupported []errs.Unsupported) error {
	err := g.Infer(b, nil)
	var more *errs.UnsupportedError
	if errors.As(err, &more) || len(unsupported) > 0 {
		err = unsupportedIn(m, unsupported, more)
	}
	if err == nil {
		g.load()
		err = g.checkDeclared(m.Proto.GetGraph())
	}
	return err
}

// unsupportedIn lists all that m asks for and is not implemented, with the
// opset that the file imports: what building found, and what types showed. Any
// other error of inference may come from the one before, and is left out.
func unsupportedIn(m *onnx.Model, items []errs.Unsupported, inferred *errs.UnsupportedError) error {
	if inferred != nil {
		items = append(items, inferred.Items...)
	}
	for i, u := range items {
		domain := u.Op[:max(0, strings.LastIndexByte(u.Op, '.'))]
		if opset, ok := m.Opset(domain); ok && u.Op != "" {
			items[i].Version = int(opset)
		}
	}
	return &errs.UnsupportedError{Items: items}
}

func build(budget *limit.Budget, m *onnx.Model) (*Graph, []errs.Unsupported, error) {
	if err := check.Model(m); err != nil {
		return nil, nil, err
	}
	if len(m.Proto.GetFunctions()) > 0 {
		if err := mdconv.Check(m); err != nil {
			return nil, nil, err
		}
		var err error
		m, err = inline.Model(m, func(f *onnxpb.FunctionProto) bool {
			_, _, ok := mdconv.Canonical(f)
			return ok
		})
		if err != nil {
			return nil, nil, err
		}
	}
	b := &builder{model: m, pb: m.Proto.GetGraph(), g: &Graph{Name: m.Proto.GetGraph().GetName(), Reads: &Reads{}}, values: map[string]*Value{}}
	err := b.build()
	budget.Constants(b.g.Stored)
	return b.g, b.unsupported, err
}

// build fills b.g.
func (b *builder) build() error {
	if err := b.constants(); err != nil {
		return err
	}
	if err := b.inputs(); err != nil {
		return err
	}
	for i, n := range b.pb.GetNode() {
		if err := b.node(i, n); err != nil {
			return err
		}
	}
	for _, o := range b.pb.GetOutput() {
		b.g.Outputs = append(b.g.Outputs, Output{o.GetName(), b.value(o.GetName())})
	}
	return nil
}

// builder makes a Graph of a file's graph, the main one or one in an attribute.
type builder struct {
	model       *onnx.Model
	pb          *onnxpb.GraphProto
	g           *Graph
	values      map[string]*Value
	unsupported []errs.Unsupported

	around          *builder // of a graph in an attribute: the one around it
	captured, outer []*Value // inputs here, and what they are in the one around
}

func (b *builder) constants() error {
	pb := b.pb
	if len(pb.GetSparseInitializer()) > 0 {
		b.unsupported = append(b.unsupported, errs.Unsupported{Reason: "sparse initializers"})
	}
	for _, tp := range pb.GetInitializer() {
		b.store(tp)
		if s := b.model.Stored(tp); s != nil {
			b.values[tp.GetName()] = constantIn(tp.GetName(), s, b.g.Reads)
			continue
		}
		t, err := b.model.Tensor(tp)
		if err != nil {
			return err
		}
		b.values[tp.GetName()] = Constant(tp.GetName(), t)
	}
	return nil
}

// store counts a constant of the file's.
func (b *builder) store(tp *onnxpb.TensorProto) {
	if _, bytes, err := tensor.Size(tensor.DType(tp.GetDataType()), tp.GetDims()); err == nil {
		b.g.Stored += bytes
	}
}

// inputs makes the graph's inputs. One that an initializer of the same name gives
// a value is that constant; since IR 4 callers may override it.
func (b *builder) inputs() error {
	for i, in := range b.pb.GetInput() {
		field := fmt.Sprintf("graph.input[%d] %s", i, errs.Quote(in.GetName()))
		t, ok, err := typeOf(in.GetType())
		if err != nil {
			return errs.Format(field, "%w", err)
		}
		if c := b.values[in.GetName()]; c != nil {
			if ok && t.DType != tensor.Undefined && t.DType != c.Type.DType || !compatible(t.Shape, c.Type.Shape) {
				return errs.Format(field, "declared %s %s, its initializer is %s %s", t.DType, t.Shape, c.Type.DType, c.Type.Shape)
			}
			if b.around == nil && ok && b.model.Proto.GetIrVersion() >= overridableIR {
				b.g.Defaults = append(b.g.Defaults, Default{c, t})
			}
			continue
		}
		if !ok && (in.GetType() != nil || b.around == nil) { // without a type the operator around says what it is
			b.unsupported = append(b.unsupported, errs.Unsupported{Node: in.GetName(), Reason: "an input that is no dense tensor, nor a sequence of them"})
		}
		v := &Value{Name: in.GetName(), Type: t}
		b.values[v.Name] = v
		b.g.Inputs = append(b.g.Inputs, v)
	}
	return nil
}

func (b *builder) node(i int, pb *onnxpb.NodeProto) error {
	n := &Node{Name: pb.GetName()} // its operator is found below
	if n.Name == "" {
		n.Name = fmt.Sprintf("%s_%d", pb.GetOpType(), i)
	}
	for _, name := range pb.GetInput() {
		n.In = append(n.In, b.value(name)) // "" is absent: nil
	}
	for _, name := range pb.GetOutput() {
		var v *Value
		if name != "" {
			v = &Value{Name: name, Def: n}
			b.values[name] = v
		}
		n.Out = append(n.Out, v)
	}
	before := len(b.unsupported)
	var err error
	if n.Attrs, err = b.attrs(n, pb); err != nil {
		return errs.Format(place(i, n), "%w", err)
	}
	if pb.GetDomain() == trainingDomain && pb.GetOpType() == "Gradient" {
		if err := b.differentiate(n, pb); err != nil {
			return errs.Format(place(i, n), "%w", err)
		}
		return nil
	}
	b.g.Nodes = append(b.g.Nodes, n)
	for _, name := range slices.Sorted(maps.Keys(n.Attrs)) {
		if inner, ok := n.Attrs[name].(*body); ok {
			n.In = append(n.In, inner.outer...)
		}
	}
	err = b.resolve(i, n, pb)
	if len(b.unsupported) > before {
		n.Op = nil // inference passes it over
	}
	return err
}

// resolve finds the node's operator: MDConv if the file's own body of that
// function is the canonical one, else the registry's.
func (b *builder) resolve(i int, n *Node, pb *onnxpb.NodeProto) error {
	if f := b.model.Function(pb.GetDomain(), pb.GetOpType(), pb.GetOverload()); f != nil {
		groups, same, _ := mdconv.Canonical(f)
		if _, err := mdconv.ParseNode(pb, groups, same); err != nil {
			return errs.Format(place(i, n), "%w", err)
		}
		n.Op = ops.MDConv
		if same {
			n.Attrs["auto_pad"] = "SAME_UPPER"
		}
		return nil
	}
	opset, ok := b.model.Opset(pb.GetDomain())
	if !ok {
		return errs.Format(place(i, n), "domain %s is not in opset_import", errs.Quote(pb.GetDomain()))
	}
	if n.Op = contribOp(pb.GetDomain(), pb.GetOpType()); n.Op != nil {
		return nil
	}
	var err error
	if n.Op, n.Version, err = ops.Lookup(pb.GetDomain(), pb.GetOpType(), int(opset)); err != nil {
		if n.Op, n.Version = earlyOp(pb.GetDomain(), pb.GetOpType()); n.Op != nil {
			return nil
		}
		reason := err.Error()
		if pb.GetDomain() == nchwcDomain {
			reason = nchwcReason
		}
		b.refuse(n, pb, reason)
	}
	return nil
}

// refuse notes that n cannot be run.
func (b *builder) refuse(n *Node, pb *onnxpb.NodeProto, reason string) {
	name := pb.GetOpType()
	if domain := pb.GetDomain(); domain != "" && domain != "ai.onnx" {
		name = domain + "." + name
	}
	b.unsupported = append(b.unsupported, errs.Unsupported{Node: n.Name, Op: name, Reason: reason})
}

func place(i int, n *Node) string {
	return fmt.Sprintf("graph.node[%d] %s", i, errs.Quote(n.Name))
}

// attrs converts the file's attributes to the Go values that package ops takes.
func (b *builder) attrs(n *Node, pb *onnxpb.NodeProto) (ops.Attrs, error) {
	attrs := ops.Attrs{}
	for _, a := range pb.GetAttribute() {
		var v any
		switch a.GetType() {
		case onnxpb.AttributeProto_INT:
			v = a.GetI()
		case onnxpb.AttributeProto_INTS:
			v = a.GetInts()
		case onnxpb.AttributeProto_FLOAT:
			v = a.GetF()
		case onnxpb.AttributeProto_FLOATS:
			v = a.GetFloats()
		case onnxpb.AttributeProto_STRING:
			v = string(a.GetS())
		case onnxpb.AttributeProto_STRINGS:
			list := make([]string, len(a.GetStrings()))
			for i, s := range a.GetStrings() {
				list[i] = string(s)
			}
			v = list
		case onnxpb.AttributeProto_TENSOR:
			b.store(a.GetT())
			t, err := b.model.Tensor(a.GetT())
			if err != nil {
				return nil, err
			}
			v = t
		case onnxpb.AttributeProto_GRAPH:
			inner, err := b.body(a.GetG())
			if err != nil {
				return nil, err
			}
			v = inner
		case onnxpb.AttributeProto_TYPE_PROTO:
			t, ok, err := typeOf(a.GetTp())
			if err != nil {
				return nil, err
			}
			if !ok {
				b.refuse(n, pb, fmt.Sprintf("attribute %s: a type that is of no tensor, nor of a sequence of them", errs.Quote(a.GetName())))
				continue
			}
			v = t
		default:
			b.refuse(n, pb, fmt.Sprintf("attribute %s of type %s", errs.Quote(a.GetName()), a.GetType()))
			continue
		}
		attrs[a.GetName()] = v
	}
	return attrs, nil
}
