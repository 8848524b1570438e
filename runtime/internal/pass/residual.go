package pass

import (
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// residual moves an Add of equal shapes into the convolution that makes one of
// its inputs. The other input must exist before that convolution runs. Shapes
// must be known: two unknown batch sizes may differ.
func residual(g *graph.Graph) (bool, error) {
	return edit(g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is("Add") || n.In[0] == n.In[1] || !n.In[0].Type.Shape.Known() ||
			n.In[0].Type.DType != tensor.Float32 || !n.In[0].Type.Shape.Equal(n.In[1].Type.Shape) {
			return nil, nil
		}
		for i := range n.In {
			conv, other := e.only(n.In[1-i]), n.In[i]
			if !conv.Is("Conv", "MDConv") || conv.Post != (graph.Epilogue{}) || !e.before(other, conv) {
				continue
			}
			conv.Post.Residual = other
			take(conv, n.Out[0])
			return []*graph.Node{}, nil
		}
		return nil, nil
	})
}

// before reports whether v is there when n runs. A node that this walk itself
// put in place has no position yet and does not count.
func (e *editor) before(v *graph.Value, n *graph.Node) bool {
	if v.Def == nil {
		return true
	}
	def, ok1 := e.at[v.Def]
	use, ok2 := e.at[n]
	return ok1 && ok2 && def < use
}
