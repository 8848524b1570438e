package onnxgo

import (
	"slices"

	"github.com/mixconv/mixconv/runtime"
	"github.com/owulveryck/onnx-go"
	"github.com/owulveryck/onnx-go/backend"
	"gonum.org/v1/gonum/graph"
	"gonum.org/v1/gonum/graph/iterator"
	"gorgonia.org/tensor"
)

// Graph is an onnx-go backend. An edge leads from a value to one that it is
// computed of, and weighs as much as that one's place among the inputs.
type Graph struct {
	// Opset is the version of ONNX's operators that the file has. 0 finds it out.
	Opset int
	// Options are those of the session that computes. Layers is of no use here:
	// every value can be had anyway.
	Options runtime.Options

	nodes      []*Node // by ID
	values     map[string]*value
	operations []*operation
	run        *running // nil: the graph has changed since the last run
}

// running is what the graph was made into.
type running struct {
	session *runtime.Session
	wanted  []string                 // outputs of each run
	in      runtime.Tensors          // of the last run; nil if it failed
	out     map[string]tensor.Tensor // what it has computed so far
}

// operation is one node of the file. The inputs are the edges of its outputs.
type operation struct {
	onnx.Operation
	out []*value
}

// edge is one input of what makes a value.
type edge struct {
	graph.WeightedEdge
	to *value
}

var _ backend.ComputationBackend = (*Graph)(nil)

// NewGraph returns an empty backend for onnx.NewModel.
func NewGraph() *Graph { return &Graph{} }

// ApplyOperation makes values the outputs of an operator, as onnx.Backend has it.
func (g *Graph) ApplyOperation(o onnx.Operation, outputs ...graph.Node) error {
	op := &operation{Operation: o}
	for _, n := range outputs {
		v := n.(*Node).value
		op.out = append(op.out, v)
		if v.name != "" { // an output that is left out
			v.op = op
		}
	}
	g.operations = append(g.operations, op)
	g.run = nil
	return nil
}

// value returns the value of that name, new if there is none.
func (g *Graph) value(name string) *value {
	v := g.values[name]
	if v == nil {
		v = &value{name: name}
		if g.values == nil {
			g.values = map[string]*value{}
		}
		g.values[name] = v
	}
	return v
}

// The rest is graph.DirectedWeightedBuilder.

// NewNode returns a node with the next ID: onnx-go counts on it that the i-th
// input's is i.
func (g *Graph) NewNode() graph.Node {
	n := &Node{graph: g, id: int64(len(g.nodes)), value: &value{}}
	g.nodes = append(g.nodes, n)
	return n
}

// AddNode does nothing: NewNode has added it.
func (g *Graph) AddNode(graph.Node) {}

// NewWeightedEdge says that from is computed of to, its w-th input.
func (g *Graph) NewWeightedEdge(from, to graph.Node, w float64) graph.WeightedEdge {
	return weighted{from, to, w}
}

// SetWeightedEdge adds an edge. Several between two nodes are right: a value may
// be multiplied by itself.
func (g *Graph) SetWeightedEdge(e graph.WeightedEdge) {
	v := e.From().(*Node).value
	if v.name != "" {
		v.inputs = append(v.inputs, edge{e, e.To().(*Node).value})
	}
	g.run = nil
}

// Node returns the node with that ID, nil if there is none.
func (g *Graph) Node(id int64) graph.Node {
	if id < 0 || id >= int64(len(g.nodes)) {
		return nil
	}
	return g.nodes[id]
}

// Nodes lists all nodes.
func (g *Graph) Nodes() graph.Nodes { return g.where(func(*Node) bool { return true }) }

// From lists the nodes that the one with that ID is computed of.
func (g *Graph) From(id int64) graph.Nodes {
	return g.where(func(n *Node) bool { return g.HasEdgeFromTo(id, n.id) })
}

// To lists the nodes that are computed of the one with that ID.
func (g *Graph) To(id int64) graph.Nodes {
	return g.where(func(n *Node) bool { return g.HasEdgeFromTo(n.id, id) })
}

// HasEdgeBetween reports whether one of the two is computed of the other.
func (g *Graph) HasEdgeBetween(x, y int64) bool {
	return g.HasEdgeFromTo(x, y) || g.HasEdgeFromTo(y, x)
}

// HasEdgeFromTo reports whether the first is computed of the second.
func (g *Graph) HasEdgeFromTo(u, v int64) bool { return g.Edge(u, v) != nil }

// Edge returns the first edge from u to v, nil if there is none.
func (g *Graph) Edge(u, v int64) graph.Edge {
	from, to := g.Node(u), g.Node(v)
	if from == nil || to == nil {
		return nil
	}
	for _, e := range from.(*Node).value.inputs {
		if e.to == to.(*Node).value {
			return e
		}
	}
	return nil
}

func (g *Graph) where(is func(*Node) bool) graph.Nodes {
	var list []graph.Node
	for _, n := range g.nodes {
		if is(n) {
			list = append(list, n)
		}
	}
	return iterator.NewOrderedNodes(list)
}

type weighted struct {
	from, to graph.Node
	weight   float64
}

func (e weighted) From() graph.Node         { return e.from }
func (e weighted) To() graph.Node           { return e.to }
func (e weighted) Weight() float64          { return e.weight }
func (e weighted) ReversedEdge() graph.Edge { return weighted{e.to, e.from, e.weight} }

// operands are what the operation computes its outputs of, in order.
func (o *operation) operands() []*value {
	for _, v := range o.out {
		if v.name == "" {
			continue
		}
		inputs := slices.Clone(v.inputs)
		slices.SortStableFunc(inputs, func(a, b edge) int { return int(a.Weight() - b.Weight()) })
		list := make([]*value, len(inputs))
		for i, e := range inputs {
			list[i] = e.to
		}
		return list
	}
	return nil
}
