package pass

import (
	"fmt"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// residual moves an Add of equal shapes into the convolutions that make one of
// its inputs. The other input must exist before they run. Shapes must be
// known: two unknown batch sizes may differ.
func residual(g *graph.Graph) (bool, error) {
	return edit(g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is("Add") || n.In[0] == n.In[1] || !n.In[0].Type.Shape.Known() ||
			n.In[0].Type.DType != tensor.Float32 || !n.In[0].Type.Shape.Equal(n.In[1].Type.Shape) {
			return nil, nil
		}
		for i, other := range n.In {
			convs, final := e.makers(n.In[1-i], func(conv *graph.Node) bool {
				return conv.Is("Conv", "MDConv") && conv.Post == (graph.Epilogue{}) && e.before(other, conv)
			})
			if final == nil {
				continue
			}
			if err := e.addTo(convs, other); err != nil {
				return nil, err
			}
			take(final, n.Out[0])
			return []*graph.Node{}, nil
		}
		return nil, nil
	})
}

// addTo gives each convolution its channels of v as residual: several get them
// through a Split, which costs nothing.
func (e *editor) addTo(convs []*graph.Node, v *graph.Value) error {
	if len(convs) == 1 {
		convs[0].Post.Residual = v
		return nil
	}
	first := convs[0]
	op, version, err := ops.Lookup("", "Split", 13)
	if err != nil {
		return err
	}
	var sizes []int64
	split := &graph.Node{Name: first.Name + "/residual", Op: op, Version: version, Attrs: ops.Attrs{"axis": int64(1)}}
	for i, conv := range convs {
		part := &graph.Value{Name: fmt.Sprintf("%s_%d", split.Name, i), Type: conv.Out[0].Type, Def: split}
		split.Out = append(split.Out, part)
		conv.Post.Residual = part
		sizes = append(sizes, int64(part.Type.Shape[1]))
		if e.at[conv] < e.at[first] {
			first = conv
		}
	}
	split.In = []*graph.Value{v, graph.Constant("", tensor.Of(sizes, len(sizes)))}
	e.ahead[first] = append(e.ahead[first], split)
	return nil
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
