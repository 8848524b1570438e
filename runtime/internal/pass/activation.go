package pass

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/act"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// activations are the operators that Activation reads.
var activations = map[op.Code]func(*graph.Node) (act.Func, bool){
	op.Relu:    activationOf(act.Relu),
	op.Sigmoid: activationOf(act.Sigmoid),
	op.Round:   activationOf(act.Round),
	op.Tanh:    activationOf(act.Tanh),
	op.Erf:     activationOf(act.Erf),
	op.Gelu:    gelus,
	op.Clip:    clip,
	op.LeakyRelu: func(n *graph.Node) (act.Func, bool) {
		return act.Func{Kind: act.LeakyRelu, A: n.Attrs.Float("alpha", 0.01)}, true
	},
	op.Swish: func(n *graph.Node) (act.Func, bool) {
		return act.Func{Kind: act.Swish, A: n.Attrs.Float("alpha", 1)}, true
	},
	op.HardSigmoid: func(n *graph.Node) (act.Func, bool) {
		return act.Func{Kind: act.HardSigmoid, A: n.Attrs.Float("alpha", 0.2), B: n.Attrs.Float("beta", 0.5)}, true
	},
	op.HardSwish: func(*graph.Node) (act.Func, bool) { return act.Func{Kind: act.HardSwish, A: 1.0 / 6, B: 0.5}, true },
}

func activationOf(k act.Kind) func(*graph.Node) (act.Func, bool) {
	return func(*graph.Node) (act.Func, bool) { return act.Func{Kind: k}, true }
}

func gelus(n *graph.Node) (act.Func, bool) {
	if n.Attrs.String("approximate", "none") == "tanh" {
		return act.Func{Kind: act.GeluTanh}, true
	}
	return act.Func{Kind: act.Gelu}, true
}

func clip(n *graph.Node) (act.Func, bool) {
	call, err := n.Call()
	if err != nil {
		return act.Func{}, false
	}
	lo, hi, ok := ops.ClipOf(call)
	return act.Func{Kind: act.Clip, A: float32(lo), B: float32(hi)}, ok
}

// Activation reads an element-wise node of one float32 input as an activation
// of In[0].
func Activation(n *graph.Node) (act.Func, bool) {
	if n == nil || len(n.In) == 0 || n.In[0] == nil || n.In[0].Type.DType != tensor.Float32 {
		return act.Func{}, false
	}
	read := activations[n.Op.Code]
	if read == nil {
		return act.Func{}, false
	}
	return read(n)
}

// activation moves an activation into the convolutions or products that make
// its input.
func activation(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		f, ok := Activation(n)
		if !ok {
			return nil, nil
		}
		convs, final := e.makers(n.In[0], accumulates)
		if moved := e.only(n.In[0]); final == nil && moved.Is(op.Reshape, op.Transpose) {
			if convs, _ = e.makers(moved.In[0], accumulates); convs != nil {
				final = moved
			}
		}
		if final == nil {
			return nil, nil
		}
		for _, conv := range convs {
			conv.Post.Act = f
		}
		take(final, n.Out[0])
		return []*graph.Node{}, nil
	})
}

// swish recognises the products that exporters write for swish (SiLU) and
// hard swish.
func swish(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is(op.Mul) {
			return nil, nil
		}
		for i, gate := range n.In {
			x := n.In[1-i]
			f, ok := Activation(gate.Def)
			if !ok || gate.Def.In[0] != x {
				continue
			}
			switch f.Kind {
			case act.Sigmoid:
				return instead(n, op.Swish, ops.Attrs{"alpha": float32(1)}, x)
			case act.HardSigmoid:
				if f.A == float32(1.0/6) && f.B == 0.5 {
					return instead(n, op.HardSwish, ops.Attrs{}, x)
				}
			}
		}
		return nil, nil
	})
}
