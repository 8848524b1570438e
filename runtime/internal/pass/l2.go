package pass

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// l2 makes ReduceL2 the root of a sum of squares.
func l2(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is(op.ReduceL2) || n.In[0].Type.DType != tensor.Float32 {
			return nil, nil
		}
		call, err := n.Call()
		if err != nil {
			return nil, err
		}
		over, err := ops.ReducedAxes(call)
		if err != nil {
			return nil, nil // not known yet
		}
		var axes []int64
		for i, reduced := range over {
			if reduced {
				axes = append(axes, int64(i))
			}
		}
		if len(axes) == 0 {
			return nil, nil
		}
		x := n.In[0]
		squares := &graph.Value{Name: n.Name + "/squares", Type: x.Type}
		sum := &graph.Value{Name: n.Name + "/sum", Type: n.Out[0].Type}
		w := writer{n: n}
		w.add(op.Mul, squares, ops.Attrs{}, x, x)
		w.add(op.ReduceSum, sum, ops.Attrs{"keepdims": n.Attrs.Int("keepdims", 1)}, squares, graph.Constant("", tensor.Of(axes, len(axes))))
		return append(w.list, graph.NewNode(n.Name, op.Sqrt, ops.Attrs{}, []*graph.Value{sum}, n.Out)), nil
	})
}
