package pass

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// integers rewrites quantisation for kernels in float32. A quantised value less
// its zero point is an integer, and stays one in float32: what was q of uint8
// becomes Clip(Round(x)), and its readers read that.
//
//	QuantizeLinear(x; s, z)      Quantize₁(x/s; z)
//	DequantizeLinear(q; s, z)    s·Dequantize₁(q; z)
//	Dequantize₁(Quantize₁(x; z)) Clip(Round(x), lowest-z, highest-z)
//
// with Quantize₁ and Dequantize₁ of scale 1. Each step rounds to float32 what the
// operators round.
func integers(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		w := &writer{n: n}
		switch {
		case n.Is(op.QuantizeLinear) && n.In[0].Type.DType == tensor.Float32:
			w.quantize()
		case n.Is(op.DequantizeLinear) && n.Out[0].Type.DType == tensor.Float32:
			w.dequantize()
		}
		return w.list, nil
	})
}

var one = graph.Constant("one", tensor.Of([]float32{1}))

// step reads the scale of QuantizeLinear or DequantizeLinear, if it is one known
// number and the zero point, input 2, is known, too.
func step(n *graph.Node) (scale float32, ok bool) {
	if len(n.In) != 3 || !n.In[2].Known() || n.In[2].Type.Shape.Elements() != 1 || !is8Bit(n.In[2]) {
		return 0, false
	}
	return number(n.In[1])
}

func is8Bit(v *graph.Value) bool {
	return v.Type.DType == tensor.Uint8 || v.Type.DType == tensor.Int8
}

func (w *writer) quantize() {
	n := w.n
	s, ok := step(n)
	if !ok || s == 1 || n.In[0].Known() {
		return
	}
	quotient := w.value("/quotient", n.In[0].Type.Shape)
	w.add(op.Div, quotient, ops.Attrs{}, n.In[0], graph.Constant("", tensor.Of([]float32{s})))
	w.add(op.QuantizeLinear, n.Out[0], ops.Attrs{}, quotient, one, n.In[2])
}

func (w *writer) dequantize() {
	n := w.n
	s, ok := step(n)
	if !ok {
		return
	}
	if s != 1 {
		whole := w.value("/whole", n.Out[0].Type.Shape)
		w.add(op.DequantizeLinear, whole, ops.Attrs{}, n.In[0], one, n.In[2])
		w.add(op.Mul, n.Out[0], ops.Attrs{}, whole, graph.Constant("", tensor.Of([]float32{s})))
		return
	}
	q := n.In[0].Def
	if !q.Is(op.QuantizeLinear) {
		return
	}
	if s, ok = step(q); !ok || s != 1 || !sameNumber(q.In[2], n.In[2]) {
		return
	}
	low, high := limits(n.In[2])
	whole := w.value("/whole", n.Out[0].Type.Shape)
	w.add(op.Round, whole, ops.Attrs{}, q.In[0])
	w.add(op.Clip, n.Out[0], ops.Attrs{}, whole, graph.Constant("", tensor.Of([]float32{low})), graph.Constant("", tensor.Of([]float32{high})))
}

// limits are the least and the largest number of 8 bits, less a zero point.
func limits(zero *graph.Value) (low, high float32) {
	z := wholeNumbers(zero)[0]
	if zero.Type.DType == tensor.Int8 {
		return -128 - z, 127 - z
	}
	return -z, 255 - z
}

func sameNumber(a, b *graph.Value) bool {
	return a.Type.DType == b.Type.DType && wholeNumbers(a)[0] == wholeNumbers(b)[0]
}

// wholeNumbers reads a constant of integers, nil stands for what is none.
func wholeNumbers(v *graph.Value) []float32 {
	t := v.Const()
	if t == nil {
		return nil
	}
	switch t.DType {
	case tensor.Uint8:
		return converted[uint8](t)
	case tensor.Int8:
		return converted[int8](t)
	case tensor.Int32:
		return converted[int32](t)
	}
	return nil
}

func converted[T uint8 | int8 | int32](t *tensor.Tensor) []float32 {
	src := tensor.Data[T](t)
	list := make([]float32, len(src))
	for i, v := range src {
		list[i] = float32(v)
	}
	return list
}
