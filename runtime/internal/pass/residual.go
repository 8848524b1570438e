package pass

import (
	"fmt"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/act"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// residual moves an Add of equal shapes into the convolutions that make one of
// its inputs. The other input must exist before they run. Shapes must be
// known: two unknown batch sizes may differ.
func residual(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is(op.Add) || n.In[0] == n.In[1] || !n.In[0].Type.Shape.Known() ||
			n.In[0].Type.DType != tensor.Float32 || !n.In[0].Type.Shape.Equal(n.In[1].Type.Shape) {
			return nil, nil
		}
		for i, other := range n.In {
			convs, final := e.makers(n.In[1-i], func(conv *graph.Node) bool { return e.takesResidual(conv, other) })
			if final == nil {
				if list, err := e.residualBefore(n.In[1-i], other, n.Out[0]); list != nil || err != nil {
					return list, err
				}
				continue
			}
			if err := e.addToAll(convs, other); err != nil {
				return nil, err
			}
			take(final, n.Out[0])
			return []*graph.Node{}, nil
		}
		return nil, nil
	})
}

// takesResidual reports whether m can add v before it stores its result.
func (e *editor) takesResidual(m *graph.Node, v *graph.Value) bool {
	free := m.Is(op.Conv, op.MDConv) && m.Post == (graph.Epilogue{}) ||
		isLinear(m) && m.Post.Residual == nil && m.Post.Act.Kind == act.None
	return free && e.before(v, m)
}

// residualBefore adds v to the product by known weights that a Transpose or a
// Reshape makes moved of, which then makes sum.
func (e *editor) residualBefore(moved, v, sum *graph.Value) ([]*graph.Node, error) {
	final := e.only(moved)
	if !final.Is(op.Transpose, op.Reshape) {
		return nil, nil
	}
	m := e.only(final.In[0])
	if !isLinear(m) || !e.takesResidual(m, v) || !m.Out[0].Type.Shape.Known() {
		return nil, nil
	}
	back := &graph.Value{Name: m.Name + "/residual", Type: m.Out[0].Type}
	if perm := final.Perm(); perm != nil {
		e.ahead[m] = append(e.ahead[m], transpose(back.Name, v, back, invert(perm)))
	} else {
		shape := graph.Constant("", tensor.Of(int64s(back.Type.Shape), len(back.Type.Shape)))
		reshape := graph.NewNode(back.Name, op.Reshape, ops.Attrs{}, []*graph.Value{v, shape}, []*graph.Value{back})
		e.ahead[m] = append(e.ahead[m], reshape)
	}
	m.Post.Residual = back
	take(final, sum)
	return []*graph.Node{}, nil
}

// addToAll gives each convolution its channels of v as residual: several get them
// through a Split, which costs nothing.
func (e *editor) addToAll(convs []*graph.Node, v *graph.Value) error {
	if len(convs) == 1 {
		convs[0].Post.Residual = v
		return nil
	}
	first := convs[0]
	var sizes []int64
	var parts []*graph.Value
	name := first.Name + "/residual"
	for i, conv := range convs {
		part := &graph.Value{Name: fmt.Sprintf("%s_%d", name, i), Type: conv.Out[0].Type}
		parts = append(parts, part)
		conv.Post.Residual = part
		sizes = append(sizes, int64(part.Type.Shape[1]))
		at, _ := e.place(conv)
		if least, _ := e.place(first); at < least {
			first = conv
		}
	}
	in := []*graph.Value{v, graph.Constant("", tensor.Of(sizes, len(sizes)))}
	split := graph.NewNode(name, op.Split, ops.Attrs{"axis": int64(1)}, in, parts)
	e.ahead[first] = append(e.ahead[first], split)
	return nil
}

// before reports whether v is there when n runs. A node that this walk itself
// put in place has no position yet and does not count.
func (e *editor) before(v *graph.Value, n *graph.Node) bool {
	if v.Def == nil {
		return true
	}
	def, ok1 := e.place(v.Def)
	use, ok2 := e.place(n)
	return ok1 && ok2 && def < use
}
