package pass

import (
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// lines makes a Conv in one dimension one of pictures that are a row high: as
// channel attention has it, and sound.
func lines(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(_ *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is(op.Conv) || n.Post != (graph.Epilogue{}) || !knownFloats(n.In[1], 3) || len(n.In[0].Type.Shape) != 3 || len(n.Out[0].Type.Shape) != 3 {
			return nil, nil
		}
		row := &graph.Value{Name: n.Name + "/row", Type: picture(n.In[0].Type)}
		to := &graph.Value{Name: n.Name + "/picture", Type: picture(n.Out[0].Type)}
		first, last := rerank(n, op.Unsqueeze, n.In[0], row), rerank(n, op.Squeeze, to, n.Out[0])
		w := n.In[1].Const()
		in, attrs := slices.Clone(n.In), ops.Attrs{}
		in[0], in[1] = row, graph.Constant(n.In[1].Name, w.Reshape(w.Shape[0], w.Shape[1], 1, w.Shape[2]))
		for name, v := range n.Attrs {
			switch list, _ := v.([]int64); {
			case name == "pads" && len(list) == 2:
				v = []int64{0, list[0], 0, list[1]}
			case len(list) == 1:
				v = []int64{1, list[0]} // strides, dilations, kernel_shape
			}
			attrs[name] = v
		}
		return []*graph.Node{first, n.With(attrs, in, []*graph.Value{to}), last}, nil
	})
}

// picture is the type of lines [N,C,W] as pictures [N,C,1,W].
func picture(t ops.Type) ops.Type {
	return ops.Type{DType: t.DType, Shape: slices.Insert(t.Shape.Clone(), 2, 1)}
}

// rerank returns the node that makes out of x, with one dimension more or less.
func rerank(like *graph.Node, c op.Code, x, out *graph.Value) *graph.Node {
	in := []*graph.Value{x, graph.Constant("", tensor.Of([]int64{2}, 1))}
	return graph.NewNode(like.Name+"/"+c.String(), c, nil, in, []*graph.Value{out})
}
