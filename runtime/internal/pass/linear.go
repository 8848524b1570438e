package pass

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// linear makes MatMul [M,K]·[K,N] with known weights a Gemm, and moves the Add
// of a known vector [N] into a Gemm that has no third input yet.
func linear(g *graph.Graph) (bool, error) {
	return edit(g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		switch {
		case n.Is("MatMul") && len(n.In[0].Type.Shape) == 2 && knownFloats(n.In[1], 2):
			return gemm(n, n.In)
		case n.Is("Add"):
			for i, bias := range n.In {
				m := e.only(n.In[1-i])
				if m.Is("Gemm") && m.Post == (graph.Epilogue{}) && (len(m.In) < 3 || m.In[2] == nil) &&
					m.Attrs.Float("alpha", 1) == 1 && knownFloats(bias, 1) && bias.Type.Shape[0] == m.Out[0].Type.Shape[1] {
					take(m, n.Out[0])
					m.In = []*graph.Value{m.In[0], m.In[1], bias}
					return []*graph.Node{}, nil
				}
			}
		}
		return nil, nil
	})
}

func knownFloats(v *graph.Value, rank int) bool {
	return v.Const() != nil && v.Type.DType == tensor.Float32 && len(v.Type.Shape) == rank
}

func gemm(n *graph.Node, in []*graph.Value) ([]*graph.Node, error) {
	op, version, err := ops.Lookup("", "Gemm", 13)
	if err != nil {
		return nil, err
	}
	m := &graph.Node{Name: n.Name, Op: op, Version: version, Attrs: ops.Attrs{}, In: in}
	take(m, n.Out[0])
	return []*graph.Node{m}, nil
}

// scalar returns the value of a constant with one float32 element.
func scalar(v *graph.Value) (float32, bool) {
	t := v.Const()
	if t == nil || t.DType != tensor.Float32 || t.Elements() != 1 {
		return 0, false
	}
	return tensor.Data[float32](t)[0], true
}
