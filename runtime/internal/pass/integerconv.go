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

// integerConvs makes QLinearConv a Conv of integers in float32, whose sums are
// exact, between a quantisation and a dequantisation with scale 1:
//
//	QLinearConv(q, w)            Quantize₁(factor·Conv(Dequantize₁(q), w))
//
// A Conv between DequantizeLinear and QuantizeLinear is QLinearConv, as it is for
// ONNX Runtime: what a file has in place of it means that.
func integerConvs(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		w := &writer{n: n}
		if n.Is(op.QLinearConv) {
			w.integerConv(quantisedConv{n.In, n.Attrs})
		} else if c, ok := e.convBefore(n); ok {
			w.integerConv(c)
		}
		return w.list, nil
	})
}

// quantisedConv has the inputs of a QLinearConv: x, its scale and zero point, the
// same of the weights, scale and zero point of the result, and a bias.
type quantisedConv struct {
	in    []*graph.Value
	attrs ops.Attrs
}

// convBefore reads q, a QuantizeLinear, and the Conv of dequantised values that
// makes what it quantises as a QLinearConv.
func (e *editor) convBefore(q *graph.Node) (c quantisedConv, ok bool) {
	if !q.Is(op.QuantizeLinear) {
		return c, false
	}
	conv := e.only(q.In[0])
	if _, ok := step(q); !ok || !conv.Is(op.Conv) || conv.Post != (graph.Epilogue{}) || conv.Integers {
		return c, false
	}
	x, weights := conv.In[0].Def, conv.In[1].Unfolded
	if !x.Is(op.DequantizeLinear) || weights == nil || len(weights.In) != 3 || weights.In[1].Type.Shape.Elements() > 1 && weights.Attrs.Int("axis", 1) != 0 {
		return c, false
	}
	c.in, c.attrs = append(append(append(c.in, x.In...), weights.In...), q.In[1:]...), conv.Attrs
	if len(c.in) != 8 {
		return c, false
	}
	if len(conv.In) < 3 || conv.In[2] == nil {
		return c, true
	}
	bias := conv.In[2].Unfolded
	if bias == nil || !c.isUnit(bias.In[1]) || len(bias.In) > 2 && !allZero(bias.In[2]) {
		return c, false
	}
	c.in = append(c.in, bias.In[0])
	return c, true
}

// isUnit reports whether v is the product of the scales of x and of the weights.
func (c quantisedConv) isUnit(v *graph.Value) bool {
	x, w, unit := numbersOf(c.in[1]), numbersOf(c.in[4]), numbersOf(v)
	if len(x) != 1 || len(w) != len(unit) {
		return false
	}
	for i := range unit {
		if unit[i] != x[0]*w[i] {
			return false
		}
	}
	return true
}

func numbersOf(v *graph.Value) []float32 {
	if t := v.Const(); t != nil && t.DType == tensor.Float32 {
		return tensor.Data[float32](t)
	}
	return nil
}

func allZero(v *graph.Value) bool {
	list := wholeNumbers(v)
	for _, z := range list {
		if z != 0 {
			return false
		}
	}
	return list != nil
}

// integerConv writes c if all but x is there and known, and no sum may leave the integers
// that float32 has.
func (w *writer) integerConv(c quantisedConv) {
	for i, v := range c.in[1:] {
		if !v.Known() && (v != nil || i < 7) { // the bias, the last one, may be absent
			return
		}
	}
	x, scaleX, scaleY := c.in[0], numbersOf(c.in[1]), numbersOf(c.in[6])
	weights, bias, ok := c.weights()
	if !ok || !is8Bit(x) || !is8Bit(c.in[2]) || !is8Bit(c.in[7]) || len(scaleX) != 1 || len(scaleY) != 1 || x.Type.Shape == nil {
		return
	}
	perChannel := append([]int{len(bias)}, slices.Repeat([]int{1}, len(weights.Shape)-2)...)
	factor := tensor.Of(c.factors(scaleX[0], scaleY[0], len(bias)), perChannel...)
	whole, sums, scaled := w.value("/whole", x.Type.Shape), w.value("/sums", w.n.Out[0].Type.Shape), w.value("/scaled", w.n.Out[0].Type.Shape)
	w.add(op.DequantizeLinear, whole, ops.Attrs{}, x, one, c.in[2])
	w.add(op.Conv, sums, c.attrs, whole, graph.Constant(c.in[3].Name, weights), graph.Constant(w.n.Name+"/bias", tensor.Of(bias, len(bias))))
	w.list[1].Integers = true
	w.add(op.Mul, scaled, ops.Attrs{}, sums, graph.Constant("", factor))
	w.add(op.QuantizeLinear, w.n.Out[0], ops.Attrs{}, scaled, one, c.in[7])
}

// factors are what the sums of each channel are multiplied by, rounded as ONNX
// Runtime has them.
func (c quantisedConv) factors(scaleX, scaleY float32, channels int) []float32 {
	scaleW := numbersOf(c.in[4])
	list := make([]float32, channels)
	for i := range list {
		list[i] = float32(scaleX*scaleW[i%len(scaleW)]) / scaleY
	}
	return list
}

// weights are c's, less their zero points, and its bias, in float32; ok is false
// if a sum of them with values of x may exceed 2²⁴.
func (c quantisedConv) weights() (w *tensor.Tensor, bias []float32, ok bool) {
	list, zero, scale := wholeNumbers(c.in[3]), wholeNumbers(c.in[5]), numbersOf(c.in[4])
	shape := c.in[3].Type.Shape
	if list == nil || len(shape) < 3 || shape.Elements() == 0 {
		return nil, nil, false
	}
	channels := shape[0]
	if bias = make([]float32, channels); len(c.in) > 8 && c.in[8] != nil {
		bias = wholeNumbers(c.in[8])
	}
	for _, n := range []int{len(zero), len(scale)} {
		if n != 1 && n != channels {
			return nil, nil, false
		}
	}
	if len(bias) != channels || !is8Bit(c.in[2]) {
		return nil, nil, false
	}
	low, high := limits(c.in[2])
	for i, row := 0, len(list)/channels; i < channels; i++ {
		most := math.Abs(float64(bias[i]))
		least := -most
		for j := i * row; j < (i+1)*row; j++ {
			list[j] -= zero[i%len(zero)]
			least += float64(min(list[j]*low, list[j]*high))
			most += float64(max(list[j]*low, list[j]*high))
		}
		if max(most, -least) > 1<<24 {
			return nil, nil, false
		}
	}
	return tensor.Of(list, shape...), bias, true
}
