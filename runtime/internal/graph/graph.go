package graph

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/act"
	"github.com/mixconv/mixconv/tensor"
)

// Graph is one network. Nodes stand in an order in which every value is made
// before it is used.
type Graph struct {
	Name    string
	Inputs  []*Value
	Outputs []Output
	Nodes   []*Node
	Reads   *Reads // of constants that are still in a file
	Stored  int64  // bytes of the file's own constants, its bodies' among them

	// Defaults are constants that a caller may override. They are not among the
	// inputs.
	Defaults []Default
	untyped  *untyped // what Override starts from; nil: no Defaults
}

// Output is a result under the name that callers ask for. Passes may replace
// the value, never the name.
type Output struct {
	Name  string
	Value *Value
}

// Value is a tensor of the graph: an input, a constant (Type.Value is set, or
// stored) or a node's output. Dimensions that only a run tells are tensor.Unknown.
type Value struct {
	Name string
	Type ops.Type
	Def  *Node // the node that makes it; nil for inputs and constants

	// Unfolded is the DequantizeLinear that a constant was computed from, or nil.
	Unfolded *Node

	stored *stored
}

// Node applies one operator. An absent optional input or output is nil.
type Node struct {
	Name    string
	Op      *ops.Op
	Version int // the operator's since-version in force
	Attrs   ops.Attrs
	In, Out []*Value
	Post    Epilogue // what passes moved into this node; zero otherwise

	// Pre is a node that this one computes on the way, piece by piece, as its first
	// input: that value is never whole, and the node is not among the graph's. Means,
	// unless it is nil, is the mean of the first result over height and width, which
	// this node makes too. Package fuse sets both, last before a plan is made.
	Pre   *Node
	Means *Value

	left bool // to the run: all inputs are constants, but the results are beyond the budget

	// Integers says of a Conv that all it adds up are integers that float32 holds
	// exactly: nothing may be multiplied into its weights.
	Integers bool
}

// NewNode returns a node that applies the last version of an operator of ai.onnx and
// makes out.
func NewNode(name string, code op.Code, attrs ops.Attrs, in, out []*Value) *Node {
	o, version := ops.Latest(code)
	return (&Node{Name: name, Op: o, Version: version}).With(attrs, in, out)
}

// With returns a node that applies n's operator, in n's version and with what passes
// moved into n, with these attributes to in, and makes out.
func (n *Node) With(attrs ops.Attrs, in, out []*Value) *Node {
	c := *n
	c.Attrs, c.In, c.Out = attrs, in, out
	for _, v := range out {
		if v != nil {
			v.Def = &c
		}
	}
	return &c
}

// Epilogue is what a node does to each result before it stores it:
// y = Act(Scale·x + Bias + Residual). Only Conv, MDConv, Gemm and MatMul nodes have one.
type Epilogue struct {
	Scale    float32 // of a MatMul of two values; 0 stands for 1
	Bias     *Value  // of a MatMul by known weights: a constant, one value for each of the last dimension, or nil
	Residual *Value  // same shape as the result, or nil
	Act      act.Func
}

// Operands calls yield for every value that n reads, those of its epilogue and of Pre
// included.
func (n *Node) Operands(yield func(*Value) bool) {
	in := n.In
	if n.Pre != nil {
		in = slices.Concat(n.Pre.In, in[1:])
	}
	for _, v := range in {
		if v != nil && !yield(v) {
			return
		}
	}
	if n.Post.Bias != nil && !yield(n.Post.Bias) {
		return
	}
	if n.Post.Residual != nil {
		yield(n.Post.Residual)
	}
}

// Call is the node as package ops sees it.
func (n *Node) Call() (*ops.Call, error) {
	in := make([]ops.Type, len(n.In))
	for i, v := range n.In {
		if v != nil {
			in[i] = v.Type
		}
	}
	return ops.NewCall(n.Op, n.Version, n.Attrs, in, len(n.Out))
}

// Is reports whether n applies one of these operators.
func (n *Node) Is(codes ...op.Code) bool { return n != nil && slices.Contains(codes, n.Op.Code) }

// Perm is the permutation of a Transpose: dimension i of the result is dimension
// perm[i] of the input. It is nil for other nodes and unknown ranks.
func (n *Node) Perm() []int {
	if !n.Is(op.Transpose) {
		return nil
	}
	call, err := n.Call()
	if err != nil {
		return nil
	}
	perm, err := ops.PermOf(call)
	if err != nil {
		return nil
	}
	return perm
}

// Has reports whether n's operator has one of these traits.
func (n *Node) Has(t ops.Traits) bool { return n != nil && n.Op.Has(t) }

// Uses counts how often each value is read, by nodes and as an output.
type Uses map[*Value]int

// Uses counts the readers of every value of g.
func (g *Graph) Uses() Uses {
	uses := make(Uses, 3*len(g.Nodes))
	for _, n := range g.Nodes {
		for v := range n.Operands {
			uses[v]++
		}
	}
	for _, o := range g.Outputs {
		uses[o.Value]++
	}
	return uses
}

// Instead is what readers of a value are to read in its place.
type Instead map[*Value]*Value

// Of returns what stands for v.
func (m Instead) Of(v *Value) *Value {
	if with, ok := m[v]; ok {
		return with
	}
	return v
}

// In makes n read what stands for its operands.
func (m Instead) In(n *Node) {
	if len(m) == 0 {
		return
	}
	for i, v := range n.In {
		n.In[i] = m.Of(v)
	}
	n.Post.Residual = m.Of(n.Post.Residual)
}

// Replace makes all of g read what stands for its values; nothing that stands for
// another may be replaced itself.
func (g *Graph) Replace(m Instead) {
	for _, n := range g.Nodes {
		m.In(n)
	}
	for i := range g.Outputs {
		g.Outputs[i].Value = m.Of(g.Outputs[i].Value)
	}
}

// Keep leaves g the outputs at these places, in this order, and the nodes that
// they need.
func (g *Graph) Keep(outputs []int) {
	kept := make([]Output, len(outputs))
	for i, at := range outputs {
		kept[i] = g.Outputs[at]
	}
	g.Outputs = kept
	g.Sweep()
}

// Sweep drops the nodes whose results nobody reads and reports whether there
// were any.
func (g *Graph) Sweep() bool {
	live := make(map[*Value]bool, 3*len(g.Nodes))
	for _, o := range g.Outputs {
		live[o.Value] = true
	}
	kept := len(g.Nodes)
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		if !slices.ContainsFunc(n.Out, func(v *Value) bool { return v != nil && live[v] }) {
			continue
		}
		for v := range n.Operands {
			live[v] = true
		}
		kept--
		g.Nodes[kept] = n
	}
	g.Nodes = slices.Clone(g.Nodes[kept:])
	return kept > 0
}

// Constant returns a new value that is known.
func Constant(name string, t *tensor.Tensor) *Value {
	return &Value{Name: name, Type: ops.Type{DType: t.DType, Shape: t.Shape, Value: t}}
}
