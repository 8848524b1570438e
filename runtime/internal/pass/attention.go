package pass

import (
	"math"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// attention makes softmax(Q·Kᵀ·scale + mask)·V of Attention where it is just
// that: as many heads of queries as of keys, [batch,heads,length,size], no keys of
// the past and at most a mask of known numbers.
func attention(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if !n.Is(op.Attention) || !plainAttention(n) {
			return nil, nil
		}
		q, k, v := n.In[0], n.In[1], n.In[2]
		size := q.Type.Shape[3]
		a := writer{n: n}
		turned := a.value("/keys", permute(k.Type.Shape, []int{0, 1, 3, 2}))
		a.list = append(a.list, transpose(n.Name+"/Transpose", k, turned, []int{0, 1, 3, 2}))
		shape := tensor.Shape{q.Type.Shape[0], q.Type.Shape[1], q.Type.Shape[2], k.Type.Shape[2]}
		scores := a.value("/scores", shape)
		a.add(op.MatMul, scores, ops.Attrs{}, q, turned)
		a.list[1].Post.Scale = n.Attrs.Float("scale", float32(1/math.Sqrt(float64(size))))
		if len(n.In) > 3 && n.In[3] != nil {
			masked := a.value("/masked", shape)
			a.add(op.Add, masked, ops.Attrs{}, scores, n.In[3])
			scores = masked
		}
		weights := a.value("/weights", shape)
		a.add(op.Softmax, weights, ops.Attrs{"axis": int64(-1)}, scores)
		a.add(op.MatMul, n.Out[0], ops.Attrs{}, weights, v)
		return a.list, nil
	})
}

// plainAttention reports whether n has nothing that attention does not write.
func plainAttention(n *graph.Node) bool {
	attrs := n.Attrs
	if attrs.Int("is_causal", 0) != 0 || attrs.Float("softcap", 0) != 0 || attrs.Float("scale", 1) == 0 ||
		attrs.Int("left_window_size", -1) >= 0 || attrs.Int("right_window_size", -1) >= 0 {
		return false
	}
	for i, v := range n.In {
		switch {
		case i < 3 && (len(v.Type.Shape) != 4 || v.Type.DType != tensor.Float32), i > 3 && v != nil:
			return false
		case i == 3 && v != nil && !numbers(v, n.In[1].Type.Shape[2]):
			return false
		}
	}
	more := slices.ContainsFunc(n.Out[1:], func(v *graph.Value) bool { return v != nil })
	q, k := n.In[0].Type.Shape, n.In[1].Type.Shape
	return !more && q[1] > 0 && q[1] == k[1] && q[3] > 0
}

// numbers reports whether v is a known mask over that many keys, without
// infinities.
func numbers(v *graph.Value, keys int) bool {
	t := v.Const()
	if t == nil || t.DType != tensor.Float32 || lastDim(v) != keys {
		return false
	}
	return !slices.ContainsFunc(tensor.Data[float32](t), func(x float32) bool { return x-x != 0 })
}
