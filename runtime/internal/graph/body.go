package graph

import (
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// body is a graph in an attribute: an ops.Body. Its inputs are those that the
// operator feeds, then the values of the graphs around it that it uses, which
// the node has as inputs, too.
type body struct {
	g     *Graph
	outer []*Value // what it uses of the graph around it, in the order of its last inputs

	declared []tensor.DType // of the outputs; Undefined where the file does not say

	loaded bool // see ops.Body
}

// Formal, Captured and Outputs are as ops.Body has them.
func (b *body) Formal() int   { return len(b.g.Inputs) - len(b.outer) }
func (b *body) Captured() int { return len(b.outer) }
func (b *body) Outputs() int  { return len(b.g.Outputs) }

// Loaded is as ops.Body has it.
func (b *body) Loaded() bool { return b.loaded }

// load notes of all bodies in g that their types were inferred.
func (g *Graph) load() {
	for _, n := range g.Nodes {
		for _, v := range n.Attrs {
			if b, ok := v.(*body); ok {
				b.loaded = true
				b.g.load()
			}
		}
	}
}

// String stands for the body in dumps.
func (b *body) String() string { return fmt.Sprintf("graph(%d nodes)", len(b.g.Nodes)) }

// Infer returns the types of the outputs for those of the inputs.
func (b *body) Infer(budget *limit.Budget, in []ops.Type) ([]ops.Type, error) {
	g, err := b.typed(budget, in)
	if err != nil {
		return nil, err
	}
	out := make([]ops.Type, len(g.Outputs))
	for i, o := range g.Outputs {
		out[i] = o.Value.Type
	}
	return out, nil
}

// typed is a copy of the body's graph with the types that follow from those of
// the inputs.
func (b *body) typed(budget *limit.Budget, in []ops.Type) (*Graph, error) {
	if len(in) != len(b.g.Inputs) {
		return nil, fmt.Errorf("a body of %d inputs, given %d", len(b.g.Inputs), len(in))
	}
	g, err := b.g.Clone(budget)
	if err != nil {
		return nil, err
	}
	for i, v := range g.Inputs {
		if d := v.Type.DType; d != tensor.Undefined && in[i].Present() && d != in[i].DType {
			return nil, fmt.Errorf("input %d (%s) of the body: declared %s, given %s", i, errs.Quote(v.Name), d, in[i].DType)
		}
		v.Type = in[i]
	}
	if err := g.Infer(budget, nil); err != nil {
		return nil, err
	}
	for i, o := range g.Outputs {
		if d, got := b.declared[i], o.Value.Type.DType; d != tensor.Undefined && d != got {
			return nil, fmt.Errorf("output %d (%s) of the body: declared %s, computed %s", i, errs.Quote(o.Name), d, got)
		}
	}
	return g, nil
}

// Run evaluates the body.
func (b *body) Run(budget *limit.Budget, in []*tensor.Tensor) ([]*tensor.Tensor, error) {
	types := make([]ops.Type, len(in))
	for i, t := range in {
		switch {
		case t == nil: // without a value
			types[i] = b.g.Inputs[i].Type
		case t.DType.IsSequence():
			types[i] = ops.Type{DType: t.DType}
		default:
			types[i] = ops.Type{DType: t.DType, Shape: t.Shape}
		}
	}
	g, err := b.typed(budget, types)
	if err != nil {
		return nil, err
	}
	return g.Run(budget, in)
}

// body builds the graph in an attribute. The values of the graphs around it are
// found through b.
func (b *builder) body(pb *onnxpb.GraphProto) (*body, error) {
	inner := &builder{model: b.model, pb: pb, around: b, g: &Graph{Name: pb.GetName(), Reads: b.g.Reads}, values: map[string]*Value{}}
	if err := inner.build(); err != nil {
		return nil, err
	}
	if len(inner.g.Inputs) != len(pb.GetInput()) {
		inner.unsupported = append(inner.unsupported, errs.Unsupported{Reason: "an input of a subgraph with a default"})
	}
	inner.g.Inputs = append(inner.g.Inputs, inner.captured...)
	b.unsupported = append(b.unsupported, inner.unsupported...)
	b.g.Stored += inner.g.Stored
	declared := make([]tensor.DType, len(pb.GetOutput()))
	for i, o := range pb.GetOutput() {
		t, _, err := typeOf(o.GetType())
		if err != nil {
			return nil, fmt.Errorf("output %d (%s) of the body: %w", i, errs.Quote(o.GetName()), err)
		}
		declared[i] = t.DType
	}
	return &body{g: inner.g, outer: inner.outer, declared: declared}, nil
}

// value finds a value by name, here or around; "" is nil. One of a graph around
// becomes an input of this one.
func (b *builder) value(name string) *Value {
	v := b.values[name]
	if v != nil || b.around == nil || name == "" {
		return v
	}
	outer := b.around.value(name)
	if outer == nil {
		return nil
	}
	v = &Value{Name: name}
	b.values[name] = v
	b.captured, b.outer = append(b.captured, v), append(b.outer, outer)
	return v
}

// branch returns the nodes of the branch that an If with a known condition
// takes, with its results as the If's own.
func (n *Node) branch(b *limit.Budget) ([]*Node, error) {
	then, _ := n.Attrs["then_branch"].(*body)
	other, _ := n.Attrs["else_branch"].(*body)
	taken, truth := other, n.In[0].Const()
	captured := n.In[1:] // of else_branch, then of then_branch
	if list, ok := truth.Data.([]bool); then == nil || other == nil || !ok || len(list) != 1 ||
		len(captured) != then.Captured()+other.Captured() || len(n.Out) != then.Outputs() || len(n.Out) != other.Outputs() {
		return []*Node{n}, nil // inference says what is wrong
	} else if list[0] {
		taken, captured = then, captured[other.Captured():]
	}
	g, err := taken.g.Clone(b)
	if err != nil {
		return nil, err
	}
	instead := Instead{}
	for i, v := range g.Inputs {
		instead[v] = captured[i]
	}
	g.Replace(instead)
	for _, m := range g.Nodes {
		m.Name = n.Name + "/" + m.Name
	}
	for i, o := range g.Outputs {
		if out := n.Out[i]; out != nil {
			g.Nodes = append(g.Nodes, NewNode(n.Name+"/"+out.Name, op.Identity, nil, []*Value{o.Value}, []*Value{out}))
		}
	}
	return g.Nodes, nil
}
