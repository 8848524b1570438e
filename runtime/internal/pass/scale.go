package pass

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// scale moves products with a known number into the MatMul of two values behind
// or before them, as attention has them.
func scale(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if isProduct(n) {
			changed := false
			for i, v := range n.In {
				from := &n.In[i]
				if moved := e.only(v); moved.Is(op.Transpose) {
					from = &moved.In[0]
				}
				if c, x, ok := multiple(e.only(*from)); ok && multiply(n, c) {
					*from, changed = x, true
				}
			}
			if changed {
				return []*graph.Node{n}, nil
			}
			return nil, nil
		}
		c, x, ok := multiple(n)
		if m := e.only(x); ok && isProduct(m) && m.Post == (graph.Epilogue{Scale: m.Post.Scale}) && multiply(m, c) {
			take(m, n.Out[0])
			return []*graph.Node{}, nil
		}
		return nil, nil
	})
}

func isProduct(n *graph.Node) bool {
	return n.Is(op.MatMul) && !n.In[0].Known() && !n.In[1].Known() && len(n.In[0].Type.Shape) >= 2 && len(n.In[1].Type.Shape) >= 2
}

// multiple reads n as c·x.
func multiple(n *graph.Node) (c float32, x *graph.Value, ok bool) {
	if !n.Is(op.Mul, op.Div) {
		return 0, nil, false
	}
	for i, v := range n.In {
		if c, ok = scalar(v, n.In[1-i]); !ok || n.Is(op.Div) && i == 0 {
			continue
		}
		if n.Is(op.Div) {
			c = 1 / c
		}
		return c, n.In[1-i], true
	}
	return 0, nil, false
}

// multiply makes m's product c times as large; a product of factors that is 0
// or no number is left alone.
func multiply(m *graph.Node, c float32) bool {
	if m.Post.Scale != 0 {
		c *= m.Post.Scale
	}
	if c == 0 || c-c != 0 {
		return false
	}
	m.Post.Scale = c
	return true
}
