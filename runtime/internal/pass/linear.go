package pass

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/act"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// linear moves a product with a known scalar or vector [N], and the sum with
// one, into the MatMul or Gemm by known weights [K,N] before it. A Reshape that
// leaves the last dimension may lie between.
func linear(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is(op.Add, op.Mul, op.Div) {
			return nil, nil
		}
		for i, v := range n.In {
			if n.Is(op.Div) && i == 0 {
				continue
			}
			m, final := e.linearBefore(n.In[1-i])
			if m == nil {
				continue
			}
			list, ok := perColumn(v, len(n.In[1-i].Type.Shape), columns(m))
			if !ok || n.Is(op.Add) && !addTo(m, list) || !n.Is(op.Add) && !scaleBy(m, list, n.Is(op.Div)) {
				continue
			}
			take(final, n.Out[0])
			return []*graph.Node{}, nil
		}
		return nil, nil
	})
}

// linearBefore returns the product by known weights that alone makes v, if
// nothing follows it yet, and the node whose output v is.
func (e *editor) linearBefore(v *graph.Value) (m, final *graph.Node) {
	m = e.only(v)
	final = m
	if m.Is(op.Reshape) && lastDim(m.In[0]) > 0 && lastDim(m.In[0]) == lastDim(v) {
		m = e.only(m.In[0])
	}
	if !isLinear(m) || m.Post.Residual != nil || m.Post.Act.Kind != act.None {
		return nil, nil
	}
	return m, final
}

// isLinear reports whether m multiplies rows by known weights, and adds nothing
// but what is known, one value a column.
func isLinear(m *graph.Node) bool {
	switch {
	case m.Is(op.MatMul):
		return len(m.In[0].Type.Shape) >= 2 && knownFloats(m.In[1], 2)
	case m.Is(op.Gemm):
		bias := len(m.In) < 3 || m.In[2] == nil || knownFloats(m.In[2], 1) && m.In[2].Type.Shape[0] == columns(m)
		return knownFloats(m.In[1], 2) && bias && m.Attrs.Float("alpha", 1) == 1 && m.Attrs.Float("beta", 1) == 1
	}
	return false
}

// columns is the number of columns of m's weights.
func columns(m *graph.Node) int {
	if m.Is(op.Gemm) && m.Attrs.Int("transB", 0) != 0 {
		return m.In[1].Type.Shape[0]
	}
	return m.In[1].Type.Shape[1]
}

func lastDim(v *graph.Value) int {
	if rank := len(v.Type.Shape); rank > 0 {
		return v.Type.Shape[rank-1]
	}
	return 0
}

// perColumn reads a constant that broadcasts against values of n columns and
// that rank as one number a column.
func perColumn(v *graph.Value, rank, n int) ([]float32, bool) {
	shape := v.Type.Shape
	if !v.Known() || v.Type.DType != tensor.Float32 || len(shape) > rank || shape.Elements() != 1 && (shape.Elements() != n || lastDim(v) != n) {
		return nil, false
	}
	list, data := make([]float32, n), tensor.Data[float32](v.Const())
	for i := range list {
		list[i] = data[i%len(data)]
	}
	return list, true
}

// biasIn is where m keeps what it adds to each column.
func biasIn(m *graph.Node) **graph.Value {
	if m.Is(op.MatMul) {
		return &m.Post.Bias
	}
	if len(m.In) < 3 {
		m.In = []*graph.Value{m.In[0], m.In[1], nil}
	}
	return &m.In[2]
}

func addTo(m *graph.Node, list []float32) bool {
	bias := biasIn(m)
	if *bias != nil {
		list = combine(list, (*bias).Const(), func(a, b float64) float64 { return a + b })
	}
	*bias = graph.Constant(m.Name+"/bias", tensor.Of(list, len(list)))
	return true
}

// scaleBy multiplies, or divides, m's columns and what is added to them.
func scaleBy(m *graph.Node, list []float32, divide bool) bool {
	by := func(a, b float64) float64 { return float64(a * b) }
	if divide {
		by = func(a, b float64) float64 { return b / a }
	}
	shape := m.In[1].Type.Shape
	w := tensor.New(tensor.Float32, shape...)
	src, dst := tensor.Data[float32](m.In[1].Const()), tensor.Data[float32](w)
	for i, v := range src {
		column := i % shape[1]
		if m.Is(op.Gemm) && m.Attrs.Int("transB", 0) != 0 {
			column = i / shape[1]
		}
		dst[i] = float32(by(float64(list[column]), float64(v)))
	}
	m.In = append([]*graph.Value{m.In[0], graph.Constant(m.In[1].Name, w)}, m.In[2:]...)
	if bias := biasIn(m); *bias != nil {
		*bias = graph.Constant(m.Name+"/bias", tensor.Of(combine(list, (*bias).Const(), by), len(list)))
	}
	return true
}

func combine(list []float32, bias *tensor.Tensor, f func(a, b float64) float64) []float32 {
	out := make([]float32, len(list))
	for i, b := range tensor.Data[float32](bias) {
		out[i] = float32(f(float64(list[i]), float64(b)))
	}
	return out
}

func knownFloats(v *graph.Value, rank int) bool {
	return v.KnownFloats() && len(v.Type.Shape) == rank
}

// scalar returns the value of a constant with one float32 element that meets x in
// an operator which broadcasts: of more dimensions than x, it would add them to the
// result, and is no scalar.
func scalar(v, x *graph.Value) (float32, bool) {
	if len(v.Type.Shape) > len(x.Type.Shape) {
		return 0, false
	}
	return number(v)
}

// number returns the value of a constant with one float32 element of any rank.
func number(v *graph.Value) (float32, bool) {
	if !v.Known() || v.Type.DType != tensor.Float32 || v.Type.Shape.Elements() != 1 {
		return 0, false
	}
	return tensor.Data[float32](v.Const())[0], true
}
