package runtime

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// quantisedConv is a convolution of values of 8 bits.
type quantisedConv struct {
	name              string
	channels, out     int
	group, size       int
	signed, perTensor bool // x is int8; one scale for all weights, whose zero point is not 0
	noBias, large     bool // large: sums that float32 does not hold exactly
}

var quantisedConvs = []quantisedConv{
	{name: "stem", channels: 3, out: 8, group: 1, size: 3},
	{name: "pointwise", channels: 24, out: 40, group: 1, size: 1, signed: true},
	{name: "depthwise", channels: 24, out: 24, group: 24, size: 5},
	{name: "groups", channels: 8, out: 12, group: 4, size: 3, perTensor: true},
	{name: "no bias", channels: 8, out: 12, group: 1, size: 3, noBias: true, perTensor: true, signed: true},
	{name: "large sums", channels: 1200, out: 4, group: 1, size: 1, large: true},
}

// weights are of 8 bits with their scales and zero points. With one scale, sums
// are divided by 6, and a sixth of them are next to a tie.
func (c quantisedConv) weights(b *builder) (w, scale, zero string) {
	list := make([]int8, c.out*c.channels/c.group*c.size*c.size)
	for i := range list {
		switch list[i] = int8(b.r.IntN(256) - 128); {
		case c.large:
			list[i] = 127
		case c.perTensor:
			list[i] /= 40
		}
	}
	shape := []int{c.out, c.channels / c.group, c.size, c.size}
	if c.perTensor {
		return b.constant(tensor.Of(list, shape...)), b.constant(tensor.Of([]float32{0.25})), b.constant(tensor.Of([]int8{-1}))
	}
	scales := make([]float32, c.out)
	for i := range scales {
		scales[i] = 0.01 + 0.005*b.r.Float32()
	}
	return b.constant(tensor.Of(list, shape...)), b.constant(tensor.Of(scales, c.out)), b.constant(tensor.New(tensor.Int8, c.out))
}

// model is c as QLinearConv or, without that, as Conv of dequantised values.
func (c quantisedConv) model(operator bool) *onnx.Model {
	b := newBuilder(17)
	zero := b.constant(tensor.Of([]uint8{120}))
	if c.signed {
		zero = b.constant(tensor.Of([]int8{-7}))
	}
	step, result := b.constant(tensor.Of([]float32{operandStep})), b.constant(tensor.Of([]float32{resultStep}))
	w, scale, zeroW := c.weights(b)
	bias := make([]int32, c.out)
	for i := range bias {
		bias[i] = int32(b.r.IntN(4000) - 2000)
	}
	attrs := []*onnxpb.AttributeProto{onnx.IntAttr("group", int64(c.group)), intsAttr("pads", 1, 1, 1, 0), intsAttr("strides", 1, 2)}
	q := b.node("QuantizeLinear", "", []string{b.input("a", 2, c.channels, 9, 12), step, zero})
	var y string
	if operator {
		in := []string{q, step, zero, w, scale, zeroW, result, zero}
		if !c.noBias {
			in = append(in, b.constant(tensor.Of(bias, c.out)))
		}
		y = b.node("QLinearConv", "", in, attrs...)
	} else {
		in := []string{b.node("DequantizeLinear", "", []string{q, step, zero}), b.node("DequantizeLinear", "", []string{w, scale, zeroW}, onnx.IntAttr("axis", 0))}
		if !c.noBias {
			unit := b.node("Mul", "", []string{step, scale})
			in = append(in, b.node("DequantizeLinear", "", []string{b.constant(tensor.Of(bias, c.out)), unit}, onnx.IntAttr("axis", 0)))
		}
		y = b.node("QuantizeLinear", "", []string{b.node("Conv", "", in, attrs...), result, zero})
	}
	b.node("DequantizeLinear", "y", []string{y, result, zero})
	b.output("y", 4)
	return b.model()
}

// TestQuantisedConv: what the planned engine makes of QLinearConv, and of what a
// file may have in place of it, is what the operator says, to the bit.
func TestQuantisedConv(t *testing.T) {
	for _, c := range quantisedConvs {
		want := c.run(t, true, Options{Engine: Reference})
		for _, operator := range []bool{true, false} {
			if c.large && !operator {
				continue // sums in float32, one way or the other
			}
			t.Run(fmt.Sprintf("%s/%v", c.name, operator), func(t *testing.T) {
				if got := c.run(t, operator, Options{Engine: Planned}); !slices.Equal(got, want) {
					t.Error("the engines differ")
				}
			})
		}
	}
}

func (c quantisedConv) run(t *testing.T, operator bool, o Options) []float32 {
	t.Helper()
	s := newSession(t, c.model(operator), o)
	out, err := s.Run(context.Background(), randomInput(s, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if o.Engine == Planned {
		if steps, err := s.Fallbacks(); err != nil || (len(steps) == 0) == c.large {
			t.Errorf("on the reference loops: %q; error %v", steps, err)
		}
	}
	return tensor.Data[float32](out["y"])
}

// TestQuantised: values that are quantised and dequantised are the same on both
// engines, ties and what saturates among them, for whoever reads them.
func TestQuantised(t *testing.T) {
	b := newBuilder(17)
	scale, other, zero := b.constant(tensor.Of([]float32{0.25})), b.constant(tensor.Of([]float32{0.3})), b.constant(tensor.Of([]int8{-100}))
	q := b.node("QuantizeLinear", "q", []string{b.input("x", 12), scale, zero})
	b.node("DequantizeLinear", "a", []string{q, scale, zero})
	b.node("DequantizeLinear", "b", []string{q, other, zero})
	b.node("DequantizeLinear", "c", []string{q, scale, b.constant(tensor.Of([]int8{5}))})
	for _, name := range []string{"a", "b", "c"} {
		b.output(name, 1)
	}
	x := Tensors{"x": tensor.Of([]float32{0, -0.125, 0.125, 0.375, 0.62, 1, -7, -6.9, 56.7, 56.8, 1e9, -1e9}, 12)}
	var runs []Tensors
	for _, engine := range []Engine{Planned, Reference} {
		out, err := newSession(t, b.model(), Options{Engine: engine}).Run(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, out)
	}
	for name, want := range runs[1] {
		if got := tensor.Data[float32](runs[0][name]); !slices.Equal(got, tensor.Data[float32](want)) {
			t.Errorf("%s: planned %v, reference %v", name, got, want.Data)
		}
	}
}

// TestQuantisedWithoutZeroPoints: they may be absent, each in its own way.
func TestQuantisedWithoutZeroPoints(t *testing.T) {
	for _, zeros := range [][]string{{}, {""}} {
		b := newBuilder(17)
		scale := b.constant(tensor.Of([]float32{0.25}))
		quantised := func(x string) []string { return append([]string{x, scale}, zeros...) }
		q := b.node("QuantizeLinear", "", quantised(b.input("a", 1, 3, 5, 5)))
		x := b.node("DequantizeLinear", "", quantised(q))
		w := b.node("DequantizeLinear", "", []string{b.constant(tensor.Of([]int8{1, -2, 4}, 1, 3, 1, 1)), scale, b.constant(tensor.Of([]int8{0}))})
		y := b.node("QuantizeLinear", "", []string{b.node("Conv", "", []string{x, w}), scale, b.constant(tensor.Of([]uint8{9}))})
		b.node("DequantizeLinear", "y", quantised(y))
		b.output("y", 4)
		var want []float32
		for _, engine := range []Engine{Reference, Planned} {
			s := newSession(t, b.model(), Options{Engine: engine})
			out, err := s.Run(context.Background(), randomInput(s, 1, 1))
			if err != nil {
				t.Fatal(err)
			}
			got := tensor.Data[float32](out["y"]) // exact: all scales are powers of two
			if engine == Reference {
				want = got
			} else if !slices.Equal(got, want) {
				t.Errorf("planned %v, reference %v", got, want)
			}
		}
	}
}
