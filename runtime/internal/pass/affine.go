package pass

import (
	"math"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// scaling is y = scale[c]·x + shift[c] per channel.
type scaling struct{ scale, shift []float64 }

// affine folds a per-channel scaling into the convolutions before it, in
// float64. A BatchNormalization that follows no convolution becomes a depthwise
// one of a single tap or, where it is not of pictures, Mul and Add.
func affine(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		s, x := scalingOf(n)
		if s == nil {
			return nil, nil
		}
		if convs, final := e.makers(x, foldable); final != nil && channels(convs) == len(s.scale) {
			from := 0
			for _, conv := range convs {
				to := from + channels([]*graph.Node{conv})
				foldInto(conv, &scaling{s.scale[from:to], s.shift[from:to]})
				from = to
			}
			take(final, n.Out[0])
			return []*graph.Node{}, nil
		}
		switch {
		case !n.Is(op.BatchNormalization) || x.Type.Shape == nil || len(s.scale) == 0:
		case len(x.Type.Shape) == 4:
			return singleTap(n, s)
		default:
			return decompose(n, s)
		}
		return nil, nil
	})
}

// channels counts what convolutions with known weights put out; their shapes
// may not be known.
func channels(convs []*graph.Node) int {
	sum := 0
	for _, conv := range convs {
		of := conv.In[1] // weights
		if conv.Is(op.MDConv) {
			of = conv.In[len(conv.In)-1] // bias
		}
		sum += of.Type.Shape[0]
	}
	return sum
}

// foldable reports whether conv's weights and bias are known and nothing was
// moved into it yet that would come before the scaling.
func foldable(conv *graph.Node) bool {
	if !conv.Is(op.Conv, op.MDConv) || conv.Post != (graph.Epilogue{}) || conv.Integers {
		return false
	}
	for _, v := range conv.In[1:] {
		if v != nil && (!v.Known() || v.Type.DType != tensor.Float32) {
			return false
		}
	}
	return len(conv.Out) == 1
}

// scalingOf reads n as a per-channel scaling of one of its inputs, which it
// returns; nil if n is something else.
func scalingOf(n *graph.Node) (*scaling, *graph.Value) {
	switch {
	case n.Is(op.BatchNormalization):
		return batchNorm(n), n.In[0]
	case n.Is(op.Mul, op.Add):
		for i, v := range n.In {
			x := n.In[1-i]
			if s := constantScaling(n, v, x); s != nil {
				return s, x
			}
		}
	}
	return nil, nil
}

// batchNorm is nil in training, which takes the moments of the batch.
func batchNorm(n *graph.Node) *scaling {
	if n.Attrs.Int("training_mode", 0) != 0 {
		return nil
	}
	var p [4][]float32 // gamma, beta, mean, variance
	for i := range p {
		c := n.In[i+1].Const()
		if c == nil || c.DType != tensor.Float32 {
			return nil
		}
		p[i] = tensor.Data[float32](c)
	}
	eps := float64(n.Attrs.Float("epsilon", 1e-5))
	s := &scaling{make([]float64, len(p[0])), make([]float64, len(p[0]))}
	for c := range p[0] {
		s.scale[c] = float64(p[0][c]) / math.Sqrt(float64(p[3][c])+eps)
		s.shift[c] = float64(p[1][c]) - float64(float64(p[2][c])*s.scale[c])
	}
	return s
}

// constantScaling reads Mul or Add of x [N,C,…] and a constant that has one
// value, or one per channel.
func constantScaling(n *graph.Node, v, x *graph.Value) *scaling {
	shape := v.Type.Shape
	if !v.Known() || v.Type.DType != tensor.Float32 || x.Known() || len(x.Type.Shape) < 3 || len(shape) > len(x.Type.Shape) {
		return nil
	}
	channels := x.Type.Shape[1]
	for i, d := range shape {
		if fromRight := len(shape) - i; d != 1 && fromRight != len(x.Type.Shape)-1 {
			return nil
		}
	}
	data := tensor.Data[float32](v.Const())
	if channels < 0 || len(data) != 1 && len(data) != channels {
		return nil
	}
	s := &scaling{make([]float64, channels), make([]float64, channels)}
	for c := range channels {
		d := float64(data[c%len(data)])
		if n.Is(op.Mul) {
			s.scale[c] = d
		} else {
			s.scale[c], s.shift[c] = 1, d
		}
	}
	return s
}

// foldInto multiplies s into conv's weights and bias.
func foldInto(conv *graph.Node, s *scaling) {
	weights := conv.In[1:2]
	if conv.Is(op.MDConv) {
		weights = conv.In[1 : len(conv.In)-1]
	}
	first := 0
	in := []*graph.Value{conv.In[0]}
	for _, w := range weights {
		out := w.Type.Shape[0]
		in = append(in, graph.Constant(w.Name, scaleRows(w.Const(), s.scale[first:first+out])))
		first += out
	}
	bias := make([]float32, first)
	if v := biasOf(conv, len(weights)); v != nil {
		copy(bias, tensor.Data[float32](v.Const()))
	}
	for c := range bias {
		bias[c] = float32(float64(float64(bias[c])*s.scale[c]) + s.shift[c])
	}
	conv.In = append(in, graph.Constant(conv.Name+"/bias", tensor.Of(bias, first)))
}

func biasOf(conv *graph.Node, weights int) *graph.Value {
	if len(conv.In) > weights+1 {
		return conv.In[weights+1]
	}
	return nil
}

// scaleRows multiplies each outermost slice of w by its own factor.
func scaleRows(w *tensor.Tensor, scale []float64) *tensor.Tensor {
	src := tensor.Data[float32](w)
	out := make([]float32, len(src))
	row := len(src) / max(len(scale), 1)
	for i, v := range src {
		out[i] = float32(float64(v) * scale[i/row])
	}
	return tensor.Of(out, w.Shape...)
}

// singleTap turns a scaling of pictures into a depthwise convolution.
func singleTap(n *graph.Node, s *scaling) ([]*graph.Node, error) {
	c := len(s.scale)
	return instead(n, op.Conv, ops.Attrs{"group": int64(c)}, n.In[0], round32(s.scale, []int{c, 1, 1, 1}), round32(s.shift, []int{c}))
}

// decompose turns BatchNormalization into Mul and Add of constants
// [C,1,…]: the scale is rounded once more than in the original, which stays
// below one unit in the last place.
func decompose(n *graph.Node, s *scaling) ([]*graph.Node, error) {
	shape := make([]int, max(len(n.In[0].Type.Shape)-1, 1))
	for i := range shape {
		shape[i] = 1
	}
	shape[0] = len(s.scale)
	scaled := &graph.Value{Name: n.Name + "/scaled", Type: n.Out[0].Type}
	w := writer{n: n}
	w.add(op.Mul, scaled, ops.Attrs{}, n.In[0], round32(s.scale, shape))
	w.add(op.Add, n.Out[0], ops.Attrs{}, scaled, round32(s.shift, shape))
	return w.list, nil
}

func round32(src []float64, shape []int) *graph.Value {
	data := make([]float32, len(src))
	for i, v := range src {
		data[i] = float32(v)
	}
	return graph.Constant("", tensor.Of(data, shape...))
}
