package graph

import (
	"github.com/mixconv/mixconv/ops/op"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// Cut leaves g what is computed before the nodes that behind chooses, and returns
// the rest, these nodes and what needs their results; nil if it chooses none. The
// rest's inputs are values that g, or nobody, makes; g's outputs become these, in
// their order, and the rest has those that g had.
func (g *Graph) Cut(behind func(*Node) bool) *Graph {
	rest := &Graph{Name: g.Name, Outputs: g.Outputs, Reads: g.Reads, Stored: g.Stored}
	late := map[*Value]bool{}
	var kept []*Node
	for _, n := range g.Nodes {
		if !n.reads(late) && !behind(n) {
			kept = append(kept, n)
			continue
		}
		n.mark(late)
		rest.Nodes = append(rest.Nodes, n)
	}
	if len(rest.Nodes) == 0 {
		return nil
	}
	g.Nodes, g.Outputs = kept, nil
	inputs := map[*Value]bool{}
	need := func(v *Value) {
		if !late[v] && !v.Known() && !inputs[v] {
			inputs[v] = true
			rest.Inputs = append(rest.Inputs, v)
			g.Outputs = append(g.Outputs, Output{v.Name, v})
		}
	}
	for _, n := range rest.Nodes {
		for v := range n.Operands {
			need(v)
		}
	}
	for _, o := range rest.Outputs {
		need(o.Value)
	}
	return rest
}

// Deciding reports for each input of g whether shapes may depend on its values,
// and not on its shape alone. Those are of a few elements, MaxRank at most, if
// that is known.
func (g *Graph) Deciding() []bool {
	deciding := map[*Value]bool{}
	mark := func(v *Value) {
		if v != nil && !v.Known() && (!v.Type.Shape.Known() || v.Type.Shape.Elements() <= tensor.MaxRank) {
			deciding[v] = true
		}
	}
	for _, n := range slices.Backward(g.Nodes) {
		call, err := n.Call()
		if err != nil {
			continue
		}
		if _, err := call.Infer(); err != nil {
			continue
		}
		for _, i := range call.Lacks() {
			mark(n.In[i])
		}
		if !n.Is(op.Shape, op.Size) && slices.ContainsFunc(n.Out, func(v *Value) bool { return deciding[v] }) {
			for v := range n.Operands {
				mark(v)
			}
		}
	}
	list := make([]bool, len(g.Inputs))
	for i, v := range g.Inputs {
		list[i] = deciding[v]
	}
	return list
}
