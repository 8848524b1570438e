package runtime

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// gradient appends a Gradient of y, whose outputs are d_ and the name of each x.
func (b *builder) gradient(y string, xs ...string) {
	b.node("Gradient", "", xs, onnx.StringAttr("y", y), onnx.StringsAttr("xs", xs))
	n := b.graph.Node[len(b.graph.Node)-1]
	n.Domain, n.Output = proto.String("ai.onnx.preview.training"), nil
	for _, x := range xs {
		n.Output = append(n.Output, "d_"+x)
		b.output("d_"+x, 0)
		b.graph.Output[len(b.graph.Output)-1].Type.GetTensorType().Shape = nil
	}
}

func (b *builder) trainingModel() *onnx.Model {
	m := b.model()
	m.Proto.OpsetImport = append(m.Proto.OpsetImport, &onnxpb.OperatorSetIdProto{Domain: proto.String("ai.onnx.preview.training"), Version: proto.Int64(1)})
	return m
}

// gradientCases build y of x and w, both of two axes.
var gradientCases = map[string]struct {
	x, w  []int
	build func(b *builder) (y string)
}{
	"Add, Sub": {[]int{2, 3}, []int{1, 3}, func(b *builder) string {
		return b.node("Sub", "", []string{b.node("Add", "", []string{"x", "w"}), b.node("Neg", "", []string{"w"})})
	}},
	"Mul broadcast": {[]int{2, 3}, []int{4, 1, 1}, func(b *builder) string { return b.node("Mul", "", []string{"x", "w"}) }},
	"Div":           {[]int{2, 3}, []int{3}, func(b *builder) string { return b.node("Div", "", []string{"x", b.node("Exp", "", []string{"w"})}) }},
	"Sum":           {[]int{2, 3}, []int{2, 1}, func(b *builder) string { return b.node("Sum", "", []string{"x", "w", "x"}) }},
	"MatMul":        {[]int{2, 3, 4}, []int{4, 5}, func(b *builder) string { return b.node("Tanh", "", []string{b.node("MatMul", "", []string{"x", "w"})}) }},
	"Gemm": {[]int{2, 3}, []int{3, 4}, func(b *builder) string {
		return b.node("Gemm", "", []string{"x", "w", b.node("ReduceSum", "", []string{"w", b.ints(0)})}, onnx.FloatAttr("alpha", 0.5), onnx.FloatAttr("beta", 3))
	}},
	"Gemm transA": {[]int{3, 2}, []int{3, 4}, func(b *builder) string { return b.node("Gemm", "", []string{"x", "w"}, onnx.IntAttr("transA", 1)) }},
	"Gemm transB": {[]int{2, 3}, []int{4, 3}, func(b *builder) string { return b.node("Gemm", "", []string{"x", "w"}, onnx.IntAttr("transB", 1)) }},
	"Gemm both": {[]int{3, 2}, []int{4, 3}, func(b *builder) string {
		return b.node("Gemm", "", []string{"x", "w"}, onnx.IntAttr("transA", 1), onnx.IntAttr("transB", 1))
	}},
	"Log, Sqrt, Abs": {[]int{2, 3}, []int{2, 3}, func(b *builder) string {
		positive := b.node("Add", "", []string{b.node("Abs", "", []string{"x"}), b.constant(tensor.Of([]float32{1}))})
		return b.node("Mul", "", []string{b.node("Log", "", []string{positive}), b.node("Sqrt", "", []string{b.node("Exp", "", []string{"w"})})})
	}},
	"Relu, Sigmoid": {[]int{2, 3}, []int{2, 3}, func(b *builder) string {
		return b.node("Mul", "", []string{b.node("Relu", "", []string{"x"}), b.node("Sigmoid", "", []string{"w"})})
	}},
	"shapes": {[]int{2, 3}, []int{3, 1, 2}, func(b *builder) string {
		turned := b.node("Transpose", "", []string{"w"}, intsAttr("perm", 2, 0, 1))
		flat := b.node("Identity", "", []string{b.node("Reshape", "", []string{turned, b.ints(2, 3)})})
		return b.node("Mul", "", []string{b.node("Flatten", "", []string{"x"}), b.node("Mul", "", []string{flat, b.node("Transpose", "", []string{b.node("Transpose", "", []string{"x"})})})})
	}},
	"ReduceMean": {[]int{2, 3}, []int{2, 3}, func(b *builder) string {
		mean := b.node("ReduceMean", "", []string{"x"}, intsAttr("axes", 1), onnx.IntAttr("keepdims", 0))
		return b.node("Mul", "", []string{b.node("Unsqueeze", "", []string{mean, b.ints(1)}), b.node("Squeeze", "", []string{b.node("Unsqueeze", "", []string{"w", b.ints(0)}), b.ints(0)})})
	}},
	"w alone": {[]int{2, 3}, []int{2, 3}, func(b *builder) string { return b.node("Exp", "", []string{"w"}) }},
}

// TestGradient compares derivatives of a weighted sum of y with differences.
func TestGradient(t *testing.T) {
	for name, c := range gradientCases {
		t.Run(name, func(t *testing.T) {
			b := newBuilder(17)
			b.input("x", c.x...)
			b.input("w", c.w...)
			loss := b.node("Mul", "", []string{c.build(b), b.constant(tensor.Of([]float32{0.7}))})
			loss = b.node("ReduceSum", "y", []string{b.node("Mul", "", []string{loss, loss})}, onnx.IntAttr("keepdims", 0))
			b.output("y", 0)
			b.gradient(loss, "x", "w")
			for _, e := range []Engine{Planned, Reference} {
				s := newSession(t, b.trainingModel(), Options{Engine: e})
				requireDerivatives(t, s, randomInput(s, 1, 5))
			}
		})
	}
}

func requireDerivatives(t *testing.T, s *Session, in Tensors) {
	t.Helper()
	out, err := s.Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range in {
		d := out["d_"+name]
		if !d.Shape.Equal(x.Shape) {
			t.Fatalf("d_%s has shape %s, want %s", name, d.Shape, x.Shape)
		}
		for i, v := range tensor.Data[float32](x) {
			const step = 1.0 / 256
			var y [2]float64
			for k, sign := range []float32{1, -1} {
				tensor.Data[float32](x)[i] = v + sign*step
				moved, err := s.Run(context.Background(), in)
				if err != nil {
					t.Fatal(err)
				}
				y[k] = float64(tensor.Data[float32](moved["y"])[0])
			}
			tensor.Data[float32](x)[i] = v
			want, got := (y[0]-y[1])/(2*step), float64(tensor.Data[float32](d)[i])
			if math.Abs(got-want) > 2e-3*max(1, math.Abs(want)) {
				t.Errorf("%v: d_%s[%d] is %v, differences give %v", s.options.Engine, name, i, got, want)
			}
		}
	}
}

// TestSecondGradient: a derivative can be differentiated. That of x³ is 3x², then 6x.
func TestSecondGradient(t *testing.T) {
	b := newBuilder(17)
	x := b.input("x", 2)
	b.node("Mul", "y", []string{b.node("Mul", "", []string{x, x}), x})
	b.gradient("y", "x")
	b.gradient("d_x", "x")
	b.graph.Node[len(b.graph.Node)-1].Output[0] = "dd_x"
	b.graph.Output[1].Name = proto.String("dd_x")
	s := newSession(t, b.trainingModel(), Options{})
	out, err := s.Run(context.Background(), Tensors{"x": tensor.Of([]float32{2, -3}, 2)})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float32{"d_x": {12, 27}, "dd_x": {12, -18}} {
		if got := tensor.Data[float32](out[name]); got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// TestGradientOfWeights: weights are constants, but y is not folded before it is
// differentiated; dimensions may be known late.
func TestGradientOfWeights(t *testing.T) {
	b := newBuilder(17)
	b.input("x", tensor.Unknown, 2)
	w := b.constant(tensor.Of([]float32{2, 5}, 2))
	b.node("Mul", "y", []string{"x", b.node("Mul", "", []string{w, w})})
	b.gradient("y", w)
	s := newSession(t, b.trainingModel(), Options{})
	out, err := s.Run(context.Background(), Tensors{"x": tensor.Of([]float32{1, 2, 3, 4}, 2, 2)})
	if err != nil {
		t.Fatal(err)
	}
	if got := tensor.Data[float32](out["d_"+w]); len(got) != 2 || got[0] != 16 || got[1] != 60 {
		t.Errorf("got %v, want [16 60]", got)
	}
}

// TestGradientRefuses: what has no rule is named before anything runs; derivatives
// of derivatives do not grow without end.
func TestGradientRefuses(t *testing.T) {
	b := newBuilder(17)
	b.node("Sin", "y", []string{b.node("MaxPool", "", []string{b.input("x", 1, 1, 4, 4)}, intsAttr("kernel_shape", 2, 2))})
	b.gradient("y", "x")
	_, err := New(b.trainingModel(), Options{})
	var unsupported *errs.UnsupportedError
	if !errors.As(err, &unsupported) || len(unsupported.Items) != 1 || unsupported.Items[0].Op != "Sin" {
		t.Errorf("error %v, want one about Sin", err)
	}

	b = newBuilder(17)
	y := b.node("Mul", "", []string{b.input("x", 2), "x"})
	for range 20 {
		b.gradient(y, "x")
		n := b.graph.Node[len(b.graph.Node)-1]
		b.graph.Output = nil
		b.n++
		y = b.node("Identity", "", []string{"x"}) // a name
		n.Output[0] = y + "d"
		y = b.node("Mul", "", []string{n.Output[0], n.Output[0]})
	}
	b.output(y, 1)
	if _, err = New(b.trainingModel(), Options{}); err == nil {
		t.Error("20 derivatives of each other: no error")
	}
	for _, attrs := range [][]*onnxpb.AttributeProto{
		nil,
		{onnx.StringAttr("y", "y"), onnx.StringsAttr("xs", []string{"x", "y"})},
		{onnx.StringAttr("y", "none"), onnx.StringsAttr("xs", []string{"x"})},
		{onnx.StringAttr("y", "y"), onnx.StringsAttr("xs", []string{"y"})},
	} {
		b := newBuilder(17)
		b.node("Neg", "y", []string{b.input("x", 2)})
		b.gradient("y", "x")
		b.graph.Node[1].Attribute = attrs
		if _, err := New(b.trainingModel(), Options{}); err == nil {
			t.Errorf("attributes %v: no error", attrs)
		}
	}
}
