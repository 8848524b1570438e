package pass

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// l2 makes ReduceL2 the root of a sum of squares.
func l2(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is("ReduceL2") || n.In[0].Type.DType != tensor.Float32 {
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
		mul, err := binary("Mul", n, x, x, squares)
		if err != nil {
			return nil, err
		}
		op, version, err := ops.Lookup("", "ReduceSum", 13)
		if err != nil {
			return nil, err
		}
		reduce := &graph.Node{Name: n.Name + "/ReduceSum", Op: op, Version: version, Attrs: ops.Attrs{"keepdims": n.Attrs.Int("keepdims", 1)},
			In: []*graph.Value{squares, graph.Constant("", tensor.Of(axes, len(axes)))}}
		take(reduce, sum)
		root, err := unary(n, "Sqrt", 13, sum, ops.Attrs{})
		return append([]*graph.Node{mul, reduce}, root...), err
	})
}
