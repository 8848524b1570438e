package pass

import (
	"math"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// gelu recognises what exporters write for x·(1+erf(x/√2))/2, and for its
// approximation with tanh: products in any order.
func gelu(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is(op.Mul, op.Div) {
			return nil, nil
		}
		half, rest := e.factors(n, 1)
		if len(rest) != 2 || !near(half, 0.5) {
			return nil, nil
		}
		for i, gate := range rest {
			x := rest[1-i]
			f := e.onePlus(gate)
			switch {
			case f.Is(op.Erf) && e.times(f.In[0], x, math.Sqrt2/2):
				return instead(n, op.Gelu, ops.Attrs{"approximate": "none"}, x)
			case f.Is(op.Tanh) && e.bent(f.In[0], x):
				return instead(n, op.Gelu, ops.Attrs{"approximate": "tanh"}, x)
			}
		}
		return nil, nil
	})
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*math.Abs(b) }

// factors takes the product that n makes apart, and what goes into it alone:
// constants and everything else.
func (e *editor) factors(n *graph.Node, constant float64) (float64, []*graph.Value) {
	var rest []*graph.Value
	for i, v := range n.In {
		divides := n.Is(op.Div) && i == 1
		c, isConstant := scalar(v, n.In[1-i])
		inner := e.only(v)
		switch {
		case isConstant && divides:
			constant /= float64(c)
		case isConstant:
			constant *= float64(c)
		case divides:
			return math.NaN(), nil
		case inner.Is(op.Mul) || inner.Is(op.Div):
			var more []*graph.Value
			constant, more = e.factors(inner, constant)
			rest = append(rest, more...)
		default:
			rest = append(rest, v)
		}
	}
	return constant, rest
}

// onePlus returns the node that makes what v adds to one.
func (e *editor) onePlus(v *graph.Value) *graph.Node {
	if add := e.only(v); add.Is(op.Add) {
		for i, term := range add.In {
			if c, ok := scalar(term, add.In[1-i]); ok && c == 1 {
				return e.only(add.In[1-i])
			}
		}
	}
	return nil
}

// times reports whether v is factor·x.
func (e *editor) times(v, x *graph.Value, factor float64) bool {
	n := e.only(v)
	if !n.Is(op.Mul, op.Div) {
		return false
	}
	c, rest := e.factors(n, 1)
	return len(rest) == 1 && rest[0] == x && near(c, factor)
}

// bent reports whether v is √(2/π)·(x + 0.044715·x³).
func (e *editor) bent(v, x *graph.Value) bool {
	n := e.only(v)
	if !n.Is(op.Mul) {
		return false
	}
	c, rest := e.factors(n, 1)
	if len(rest) != 1 || !near(c, math.Sqrt(2/math.Pi)) || !e.only(rest[0]).Is(op.Add) {
		return false
	}
	add := rest[0].Def
	for i, cube := range add.In {
		n := e.only(cube)
		if add.In[1-i] != x || !n.Is(op.Mul) {
			continue
		}
		c, rest := e.factors(n, 1)
		if near(c, 0.044715) && e.cube(rest, x) {
			return true
		}
	}
	return false
}

// cube reports whether the product of list is x³.
func (e *editor) cube(list []*graph.Value, x *graph.Value) bool {
	if len(list) == 1 {
		n := e.only(list[0])
		if !n.Is(op.Pow) || n.In[0] != x {
			return false
		}
		power, ok := scalar(n.In[1], x)
		return ok && power == 3
	}
	for _, v := range list {
		if v != x {
			return false
		}
	}
	return len(list) == 3
}
