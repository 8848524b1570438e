package pass

import (
	"fmt"
	"maps"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/act"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// A Pass rewrites g and reports whether it changed anything. A pass leaves
// nodes in a valid order; what nobody reads any more is swept afterwards.
type Pass struct {
	Name   string
	Does   string
	After  []string     // passes that must have run before, in each round
	of     []op.Code    // it does nothing to a graph that has none of these operators
	unless tensor.DType // it is for kernels that do not compute this type; 0: for all
	run    func(b *limit.Budget, g *graph.Graph) (changed bool, err error)
}

// Table lists the passes in the order of a round. A test checks that After
// holds. Rounds repeat until nothing changes.
var Table = []Pass{
	{"identity", "drops nodes that copy their input", nil, []op.Code{op.Identity, op.Cast, op.Pad}, 0, identity},
	{"integerconvs", "makes convolutions of quantised values sums of integers, which float32 holds exactly", []string{"identity"}, []op.Code{op.QLinearConv, op.QuantizeLinear}, tensor.Int8, integerConvs},
	{"integers", "makes quantised values between float32 ones Round", []string{"integerconvs"}, []op.Code{op.QuantizeLinear, op.DequantizeLinear}, tensor.Int8, integers},
	{"transpose", "moves Transpose behind what commutes with it, where pairs cancel", []string{"identity"}, []op.Code{op.Transpose}, 0, transposes},
	{"pad", "moves zero Pad into the Conv behind it", []string{"transpose"}, []op.Code{op.Pad}, 0, pads},
	{"upconv", "makes ConvTranspose whose windows lie side by side a pointwise Conv and DepthToSpace", nil, []op.Code{op.ConvTranspose}, 0, upconv},
	{"affine", "multiplies BatchNormalization and per-channel Mul and Add into the weights before them", []string{"transpose"}, []op.Code{op.BatchNormalization, op.Mul, op.Add}, 0, affine},
	{"splits", "makes one Split of Slices that cut channels without a rest", []string{"identity"}, []op.Code{op.Slice}, 0, splits},
	{"mixed", "makes Split, depthwise Conv and Concat one MDConv", []string{"transpose", "pad", "affine", "splits"}, []op.Code{op.Concat}, 0, mixed},
	{"gelu", "makes x·(1+erf(x/√2))/2 and its approximation with tanh Gelu", []string{"identity"}, []op.Code{op.Erf, op.Tanh}, 0, gelu},
	{"layernorm", "makes (x-mean)/√(variance+ε), with scale and bias, LayerNormalization", []string{"identity"}, []op.Code{op.Sqrt, op.LayerNormalization}, 0, layerNorm},
	{"groupnorm", "makes InstanceNormalization of reshaped channels, with scale and bias, GroupNormalization", []string{"affine"}, []op.Code{op.InstanceNormalization, op.GroupNormalization}, 0, groupNorm},
	{"lines", "makes Conv in one dimension one of pictures a row high", nil, []op.Code{op.Conv}, 0, lines},
	{"attention", "makes Attention without a past its products and Softmax", []string{"identity"}, []op.Code{op.Attention}, 0, attention},
	{"scale", "moves products with a number into the MatMul of two values before or behind them", []string{"identity"}, []op.Code{op.MatMul}, 0, scale},
	{"l2", "makes ReduceL2 the root of a sum of squares", nil, []op.Code{op.ReduceL2}, 0, l2},
	{"linear", "multiplies Mul and Add of a constant into the MatMul or Gemm before them", []string{"affine"}, []op.Code{op.MatMul, op.Gemm}, 0, linear},
	{"swish", "makes x · Sigmoid(x) Swish and x · HardSigmoid(x) HardSwish", []string{"identity"}, []op.Code{op.Sigmoid, op.HardSigmoid}, 0, swish},
	{"residual", "moves Add into the convolution that makes one of its inputs", []string{"affine", "mixed", "linear"}, []op.Code{op.Add}, 0, residual},
	{"activation", "moves activations into the convolution before them", []string{"affine", "swish", "gelu", "residual"}, slices.Collect(maps.Keys(activations)), 0, activation},
}

// maxRounds is far above what any chain of passes needs; reaching it means
// that two passes undo each other.
const maxRounds = 50

// Run applies Table to g until nothing changes, for kernels that compute these types.
func Run(b *limit.Budget, g *graph.Graph, computes func(tensor.DType) bool) error {
	g.Sweep()
	for range maxRounds {
		again := false
		for _, p := range Table {
			if p.unless != 0 && computes(p.unless) || !slices.ContainsFunc(g.Nodes, func(n *graph.Node) bool { return n.Is(p.of...) }) {
				continue
			}
			changed, err := p.try(b, g)
			if b.Err() != nil {
				return b.Err()
			}
			if err != nil {
				return fmt.Errorf("pass %s: %w", p.Name, err)
			}
			if changed {
				g.Sweep()
				again = true
			}
		}
		if !again {
			return nil
		}
	}
	return fmt.Errorf("passes still change the graph after %d rounds", maxRounds)
}

// Watch, which only tests set, runs a pass on g and looks at what it does.
var Watch func(name string, g *graph.Graph, run func() (changed bool, err error)) (bool, error)

// try runs p; that it panics is an error.
func (p *Pass) try(b *limit.Budget, g *graph.Graph) (changed bool, err error) {
	defer errs.Recover(&err)
	run := func() (bool, error) { return p.run(b, g) }
	if Watch != nil {
		return Watch(p.Name, g, run)
	}
	return run()
}

// nodesPerAsk is how many nodes a walk visits before it looks at the context again.
const nodesPerAsk = 1024

// editor rewrites a node list in one forward walk.
type editor struct {
	g     *graph.Graph
	uses  graph.Uses
	at    map[*graph.Node]int           // place in the list that the walk started with: see place
	ahead map[*graph.Node][]*graph.Node // new nodes to stand before an earlier one
	done  bool                          // something changed

	instead graph.Instead // of values whose nodes the walk dropped
}

// edit calls visit for every node of g; visit returns the nodes that take its
// place, and nil to keep it. The walk ends with b's context.
func edit(b *limit.Budget, g *graph.Graph, visit func(e *editor, n *graph.Node) ([]*graph.Node, error)) (bool, error) {
	e := &editor{g: g, uses: g.Uses(), ahead: map[*graph.Node][]*graph.Node{}, instead: graph.Instead{}}
	list := make([]*graph.Node, 0, len(g.Nodes))
	for i, n := range g.Nodes {
		if i%nodesPerAsk == 0 && b.Err() != nil {
			return false, b.Err()
		}
		e.instead.In(n)
		with, err := visit(e, n)
		if err != nil {
			return false, fmt.Errorf("node %q: %w", n.Name, err)
		}
		if with == nil {
			list = append(list, n)
			continue
		}
		e.done = true
		list = append(list, with...)
	}
	g.Nodes = g.Nodes[:0]
	for _, n := range list {
		g.Nodes = append(append(g.Nodes, e.ahead[n]...), n)
	}
	g.Replace(e.instead)
	return e.done, nil
}

// place returns where n stood when the walk started; not every walk asks.
func (e *editor) place(n *graph.Node) (int, bool) {
	if e.at == nil {
		e.at = make(map[*graph.Node]int, len(e.g.Nodes))
		for i, n := range e.g.Nodes {
			e.at[n] = i
		}
	}
	i, ok := e.at[n]
	return i, ok
}

// only returns the node that makes v if n is v's single reader.
func (e *editor) only(v *graph.Value) *graph.Node {
	if v == nil || e.uses[v] != 1 {
		return nil
	}
	return v.Def
}

// makers returns the convolutions that make v for its single reader: one, or
// several whose results a Concat along the channels puts side by side. final
// is the node whose output v is. fits must hold for each of them.
func (e *editor) makers(v *graph.Value, fits func(*graph.Node) bool) (convs []*graph.Node, final *graph.Node) {
	final = e.only(v)
	if !final.Is(op.Concat) || !channelAxis(final, v) {
		if final == nil || !fits(final) {
			return nil, nil
		}
		return []*graph.Node{final}, final
	}
	for _, in := range final.In {
		conv := e.only(in)
		if conv == nil || !fits(conv) {
			return nil, nil
		}
		convs = append(convs, conv)
	}
	return convs, final
}

// take lets n make v in place of the node that made it before.
func take(n *graph.Node, v *graph.Value) {
	v.Def = n
	n.Out = []*graph.Value{v}
}

// accumulates reports whether n sums products, and so has an epilogue, with no
// activation in it yet.
func accumulates(n *graph.Node) bool {
	return n.Is(op.Conv, op.MDConv, op.Gemm, op.MatMul) && n.Post.Act.Kind == act.None
}

// with returns attrs with one changed.
func with(attrs ops.Attrs, name string, value any) ops.Attrs {
	changed := maps.Clone(attrs)
	changed[name] = value
	return changed
}
