package graphtest

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/act"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// unfused returns a copy of g in which nodes of their own do what is fused into others:
// the reference engine has no such nodes.
func unfused(b *limit.Budget, g *graph.Graph) (*graph.Graph, error) {
	g, err := g.Clone(b)
	if err != nil {
		return nil, err
	}
	var list []*graph.Node
	for _, n := range g.Nodes {
		pre, means := n.Pre, n.Means
		n.Pre, n.Means = nil, nil
		if pre != nil {
			list = withoutEpilogue(list, pre)
		}
		if list = withoutEpilogue(list, n); means != nil {
			attrs := ops.Attrs{"keepdims": int64(len(means.Type.Shape) / 4)}
			axes := graph.Constant("", tensor.Of([]int64{2, 3}, 2))
			list = append(list, graph.NewNode(means.Name, op.ReduceMean, attrs, []*graph.Value{n.Out[0], axes}, []*graph.Value{means}))
		}
	}
	g.Nodes = list
	return g, nil
}

// withoutEpilogue appends n, and nodes that do what its epilogue does, to list.
func withoutEpilogue(list []*graph.Node, n *graph.Node) []*graph.Node {
	list = append(list, n)
	if n.Post == (graph.Epilogue{}) {
		return list
	}
	u := unfusing{n: n, y: n.Out[0], list: list}
	u.write(n.Post)
	n.Post = graph.Epilogue{}
	return u.list
}

// unfusing appends the nodes that do what n's epilogue does to y.
type unfusing struct {
	n    *graph.Node
	y    *graph.Value
	list []*graph.Node
}

func (u *unfusing) write(p graph.Epilogue) {
	result := u.y
	u.y = &graph.Value{Name: result.Name, Type: result.Type, Def: u.n}
	u.n.Out = []*graph.Value{u.y}
	if p.Scale != 0 {
		u.add(op.Mul, nil, u.y, number(p.Scale))
	}
	if p.Bias != nil {
		u.add(op.Add, nil, u.y, p.Bias)
	}
	if p.Residual != nil {
		u.add(op.Add, nil, u.y, p.Residual)
	}
	u.activate(p.Act)
	last := u.list[len(u.list)-1]
	last.Out[0], result.Def = result, last
}

func (u *unfusing) add(code op.Code, attrs ops.Attrs, in ...*graph.Value) {
	out := &graph.Value{Name: u.y.Name, Type: u.y.Type}
	u.list = append(u.list, graph.NewNode(u.n.Name, code, attrs, in, []*graph.Value{out}))
	u.y = out
}

func number(v float32) *graph.Value { return graph.Constant("", tensor.Of([]float32{v})) }

// activate writes an activation as operators of ONNX.
func (u *unfusing) activate(f act.Func) {
	plain := map[act.Kind]op.Code{act.Relu: op.Relu, act.Sigmoid: op.Sigmoid, act.Round: op.Round, act.Tanh: op.Tanh, act.Erf: op.Erf, act.HardSwish: op.HardSwish}
	switch f.Kind {
	case act.None:
	case act.Clip:
		u.add(op.Clip, nil, u.y, number(f.A), number(f.B))
	case act.Swish:
		u.add(op.Swish, ops.Attrs{"alpha": f.A}, u.y)
	case act.LeakyRelu:
		u.add(op.LeakyRelu, ops.Attrs{"alpha": f.A}, u.y)
	case act.HardSigmoid:
		u.add(op.HardSigmoid, ops.Attrs{"alpha": f.A, "beta": f.B}, u.y)
	case act.Gelu:
		u.add(op.Gelu, ops.Attrs{"approximate": "none"}, u.y)
	case act.GeluTanh:
		u.add(op.Gelu, ops.Attrs{"approximate": "tanh"}, u.y)
	default:
		if f != f.Kind.Usual() || plain[f.Kind] == 0 {
			panic("graphtest: no operator does what activation " + f.Kind.String() + " does")
		}
		u.add(plain[f.Kind], nil, u.y)
	}
}
