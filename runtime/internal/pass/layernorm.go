package pass

import (
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// layerNorm recognises (x - mean) / √(mean((x-mean)²) + ε) along the last axis,
// and moves the product and the sum with vectors behind it into the
// LayerNormalization.
func layerNorm(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		switch {
		case n.Is(op.Div):
			x, eps, ok := e.normalised(n)
			if !ok {
				return nil, nil
			}
			ones := slices.Repeat([]float32{1}, x.Type.Shape[len(x.Type.Shape)-1])
			return instead(n, op.LayerNormalization, ops.Attrs{"axis": int64(-1), "epsilon": eps}, x, graph.Constant("", tensor.Of(ones, len(ones))))
		case n.Is(op.Mul, op.Add):
			for i, v := range n.In {
				if norm := e.only(n.In[1-i]); norm != nil && e.affineOf(norm, n, v) {
					take(norm, n.Out[0])
					return []*graph.Node{}, nil
				}
			}
		}
		return nil, nil
	})
}

// affineOf moves the vector v of n, Mul or Add, into norm, if that is a
// LayerNormalization of the last axis that has none there yet.
func (e *editor) affineOf(norm, n *graph.Node, v *graph.Value) bool {
	if !norm.Is(op.LayerNormalization) || norm.Attrs.Int("axis", -1) != -1 || len(norm.Out) != 1 || len(norm.In) > 2 && norm.In[2] != nil ||
		!knownFloats(v, 1) || !knownFloats(norm.In[1], 1) || !v.Type.Shape.Equal(norm.In[1].Type.Shape) {
		return false
	}
	if n.Is(op.Add) {
		norm.In = []*graph.Value{norm.In[0], norm.In[1], v}
		return true
	}
	for _, one := range tensor.Data[float32](norm.In[1].Const()) {
		if one != 1 {
			return false
		}
	}
	norm.In = []*graph.Value{norm.In[0], v}
	return true
}

// normalised matches the quotient n: what is normalised, and ε.
func (e *editor) normalised(n *graph.Node) (x *graph.Value, eps float32, ok bool) {
	sub, root := n.In[0].Def, e.only(n.In[1])
	if !sub.Is(op.Sub) || !root.Is(op.Sqrt) || !e.only(root.In[0]).Is(op.Add) {
		return nil, 0, false
	}
	x, d, add := sub.In[0], sub.Out[0], root.In[0].Def
	if rank := len(x.Type.Shape); rank == 0 || x.Type.Shape[rank-1] < 1 || x.Type.DType != tensor.Float32 || e.meanOf(sub.In[1]) != x {
		return nil, 0, false
	}
	for i, v := range add.In {
		if eps, ok = scalar(v, add.In[1-i]); ok {
			square := e.only(e.meanOf(add.In[1-i]))
			return x, eps, isSquare(square, d)
		}
	}
	return nil, 0, false
}

// meanOf returns what v is the mean of, along the last axis, which stays.
func (e *editor) meanOf(v *graph.Value) *graph.Value {
	n := e.only(v)
	if !n.Is(op.ReduceMean) {
		return nil
	}
	call, err := n.Call()
	if err != nil {
		return nil
	}
	axes, keep, err := ops.ReduceMeanOf(call)
	if err != nil || !keep || !slices.Equal(axes, []int{len(n.In[0].Type.Shape) - 1}) {
		return nil
	}
	return n.In[0]
}

func isSquare(n *graph.Node, x *graph.Value) bool {
	if n.Is(op.Mul) {
		return n.In[0] == x && n.In[1] == x
	}
	if !n.Is(op.Pow) || n.In[0] != x {
		return false
	}
	power, ok := scalar(n.In[1], x)
	return ok && power == 2
}

// instead returns the operator that makes n's result in n's place.
func instead(n *graph.Node, c op.Code, attrs ops.Attrs, in ...*graph.Value) ([]*graph.Node, error) {
	return []*graph.Node{graph.NewNode(n.Name, c, attrs, in, n.Out[:1])}, nil
}
