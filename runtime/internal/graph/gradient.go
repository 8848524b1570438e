package graph

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// trainingDomain has Gradient, which is no computation of its own: it asks for the
// derivatives of a value of the graph, and becomes the nodes that compute them,
// going back from that value (reverse mode). Of a y with several elements it is the
// derivative of their sum.
const trainingDomain = "ai.onnx.preview.training"

// gradient is one Gradient on its way to nodes.
type gradient struct {
	expansion
	adjoints map[*Value]*Value // the derivative with respect to a value, as far as it is summed up
}

// differentiate appends what Gradient n stands for instead of n.
func (b *builder) differentiate(n *Node, pb *onnxpb.NodeProto) error {
	y, xs, fixed, err := b.gradientOf(n, pb)
	if err != nil {
		return err
	}
	if y == nil {
		b.g.Nodes = append(b.g.Nodes, n)
		return nil
	}
	depends := map[*Value]bool{}
	for _, x := range xs {
		depends[x] = true
	}
	var way []*Node // from the xs on; what a shape depends on has no derivative
	for _, m := range b.g.Nodes {
		if m.reads(depends) && !makes(m, fixed) && !m.Is(op.Shape, op.Size) {
			m.mark(depends)
			way = append(way, m)
		}
	}
	g := &gradient{expansion{of: n}, map[*Value]*Value{}}
	g.adjoints[y] = g.filled(y, 1)
	for _, m := range slices.Backward(way) {
		if makes(m, g.adjoints) {
			b.unsupported = append(b.unsupported, g.back(m, depends)...)
		}
		if most := b.model.Limits().Nodes; len(b.g.Nodes)+len(g.list) > most {
			return fmt.Errorf("more than %d nodes with those of derivatives", most)
		}
	}
	for i, x := range xs {
		if i < len(n.Out) && n.Out[i] != nil {
			g.result(n.Out[i], x)
		}
	}
	b.g.Nodes = append(b.g.Nodes, g.list...)
	return nil
}

// gradientOf reads the attributes: y is to be differentiated with respect to xs,
// and fixed are these and zs, which depend on nothing. A y of nil is not supported.
func (b *builder) gradientOf(n *Node, pb *onnxpb.NodeProto) (y *Value, xs []*Value, fixed map[*Value]bool, err error) {
	names := slices.Concat(n.Attrs.Strings("xs"), n.Attrs.Strings("zs"))
	if len(names) != len(n.In) || len(n.Out) > len(n.Attrs.Strings("xs")) {
		return nil, nil, nil, fmt.Errorf("%d inputs and %d outputs for %d names in xs and zs", len(n.In), len(n.Out), len(names))
	}
	y, fixed = b.values[n.Attrs.String("y", "")], map[*Value]bool{}
	if y == nil {
		return nil, nil, nil, fmt.Errorf("attribute y: no value %s in front of the node", errs.Quote(n.Attrs.String("y", "")))
	}
	for i, name := range names {
		v := b.values[name]
		if v == nil || v != n.In[i] {
			b.refuse(n, pb, "an input that is not the tensor that xs or zs names")
			return nil, nil, nil, nil
		}
		fixed[v] = true
	}
	if b.around != nil {
		b.refuse(n, pb, "Gradient in a subgraph")
		return nil, nil, nil, nil
	}
	return y, n.In[:len(n.Attrs.Strings("xs"))], fixed, nil
}

// makes reports whether one of n's outputs is in a set.
func makes[V any](n *Node, set map[*Value]V) bool {
	return slices.ContainsFunc(n.Out, func(v *Value) bool {
		_, ok := set[v]
		return v != nil && ok
	})
}

// back adds to the adjoints of m's inputs what comes from that of its output.
func (g *gradient) back(m *Node, depends map[*Value]bool) []errs.Unsupported {
	if m.Op == nil {
		return nil // is not supported, and that is said already
	}
	rule, ok := derivatives[m.Op.Code]
	if !ok || m.Version < rule.since {
		return []errs.Unsupported{{Node: m.Name, Op: m.Op.String(), Reason: "Gradient knows no derivative of it"}}
	}
	for i, v := range m.In {
		if v == nil || !depends[v] {
			continue
		}
		d := rule.of(g, m, i, g.adjoints[m.Out[0]])
		switch sum := g.adjoints[v]; {
		case d == nil:
		case sum == nil:
			g.adjoints[v] = d
		default:
			g.adjoints[v] = g.add(op.Add, nil, sum, d)
		}
	}
	return nil
}

// result makes out the derivative with respect to x: 0 if y does not depend on it.
func (g *gradient) result(out, x *Value) {
	d := g.adjoints[x]
	if d == nil {
		d = g.filled(x, 0)
	}
	g.add(op.Identity, nil, d)
	out.Def = g.list[len(g.list)-1]
	out.Def.Out[0] = out
}

// filled is a tensor of v's shape and type, of one number.
func (g *gradient) filled(v *Value, number float32) *Value {
	value := ops.Attrs{"value": tensor.Of([]float32{number}, 1)}
	return g.add(op.CastLike, nil, g.add(op.ConstantOfShape, value, g.add(op.Shape, nil, v)), v)
}

// sumTo sums d over the axes that v was broadcast along. These are known when the
// shapes are.
func (g *gradient) sumTo(d, v *Value) *Value {
	have, want := g.add(op.Shape, nil, d), g.add(op.Shape, nil, v)
	more := g.add(op.Sub, nil, g.add(op.Shape, nil, have), g.add(op.Shape, nil, want))
	ones := g.add(op.ConstantOfShape, ops.Attrs{"value": tensor.Of([]int64{1}, 1)}, more)
	same := g.add(op.Equal, nil, have, g.add(op.Concat, ops.Attrs{"axis": int64(0)}, ones, want))
	axes := g.add(op.Squeeze, nil, g.add(op.NonZero, nil, g.add(op.Not, nil, same)), Constant(g.of.Name+"/first", tensor.Of([]int64{0}, 1)))
	sum := g.add(op.ReduceSum, ops.Attrs{"noop_with_empty_axes": int64(1)}, d, axes)
	return g.add(op.Reshape, nil, sum, want)
}

// again is n's result with one attribute changed.
func (g *gradient) again(n *Node, attr string, v any) *Value {
	attrs := maps.Clone(n.Attrs)
	attrs[attr] = v
	return g.append(n.With(attrs, n.In, nil))
}
