package pass

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// groupNorm recognises GroupNormalization as exporters to older opsets write it,
// InstanceNormalization of [N,groups,…] between two Reshapes, and moves what scales
// channels behind it into it.
func groupNorm(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if n.Is(op.Reshape) {
			return e.grouped(n)
		}
		s, x := scalingOf(n)
		norm := e.only(x)
		if s == nil || !norm.Is(op.GroupNormalization) {
			return nil, nil
		}
		c := len(s.scale)
		for _, v := range norm.In[1:] {
			if !knownFloats(v, 1) || v.Type.Shape[0] != c { // groups of unknown channels, in old opsets
				return nil, nil
			}
		}
		scale, bias := tensor.Data[float32](norm.In[1].Const()), tensor.Data[float32](norm.In[2].Const())
		for i := range c {
			s.shift[i] += float64(s.scale[i] * float64(bias[i]))
			s.scale[i] *= float64(scale[i])
		}
		norm.In = []*graph.Value{norm.In[0], round32(s.scale, []int{c}), round32(s.shift, []int{c})}
		take(norm, n.Out[0])
		return []*graph.Node{}, nil
	})
}

// grouped matches the Reshape behind the InstanceNormalization.
func (e *editor) grouped(n *graph.Node) ([]*graph.Node, error) {
	inner := e.only(n.In[0])
	if !inner.Is(op.InstanceNormalization) || !e.only(inner.In[0]).Is(op.Reshape) || !knownFloats(inner.In[1], 1) || !knownFloats(inner.In[2], 1) {
		return nil, nil
	}
	x, shape, groups := inner.In[0].Def.In[0], n.Out[0].Type.Shape, inner.In[0].Type.Shape
	if !shape.Known() || len(shape) < 3 || !shape.Equal(x.Type.Shape) || len(groups) < 3 || groups[0] != shape[0] || groups[1] < 1 || shape[1]%groups[1] != 0 {
		return nil, nil
	}
	perChannel := func(v *graph.Value) *graph.Value {
		list := make([]float32, shape[1])
		for c := range list {
			list[c] = tensor.Data[float32](v.Const())[c*groups[1]/shape[1]]
		}
		return graph.Constant("", tensor.Of(list, len(list)))
	}
	return instead(n, op.GroupNormalization, ops.Attrs{"num_groups": int64(groups[1]), "epsilon": inner.Attrs.Float("epsilon", 1e-5)},
		x, perChannel(inner.In[1]), perChannel(inner.In[2]))
}
