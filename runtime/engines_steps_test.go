package runtime

import (
	"context"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// TestGroupNorm: groups of channels in pictures and in rows, with a scale for each
// group or channel.
func TestGroupNorm(t *testing.T) {
	for _, c := range []struct {
		opset, groups int64
		scales        int
		pictures      bool
		want          string
	}{
		{18, 1, 1, true, "conv 3x3,norm,conv 3x3"},
		{21, 1, 6, true, "conv 3x3,norm,conv 3x3"},
		{21, 1, 6, false, "norm"},
		{18, 3, 3, false, "norm"},
		{21, 3, 6, false, "norm"},
		{21, 2, 6, true, "conv 3x3,to row-major,norm,to channels last,conv 3x3"},
	} {
		b := newBuilder(c.opset)
		x := b.input("x", 2, 6, 5, 7)
		if c.pictures {
			x = b.conv(x, 6, 6, 3, 1, 1, "")
		}
		x = b.node("GroupNormalization", "", []string{x, b.positive(c.scales), b.weight(c.scales)}, onnx.IntAttr("num_groups", c.groups), onnx.FloatAttr("epsilon", 1e-3))
		if c.pictures {
			x = b.conv(x, 6, 6, 3, 1, 1, "")
		}
		b.node("Identity", "y", []string{x})
		requireKernels(t, b, 4, c.want)
	}
}

// TestGroupNormOfExporters: what older opsets have for it is the same step, with a
// scale and a bias behind it.
func TestGroupNormOfExporters(t *testing.T) {
	b := newBuilder(17)
	x := b.conv(b.input("x", 2, 6, 5, 7), 6, 6, 3, 1, 1, "")
	norm := b.node("InstanceNormalization", "", []string{b.node("Reshape", "", []string{x, b.ints(0, 1, -1)}), b.positive(1), b.weight(1)}, onnx.FloatAttr("epsilon", 1e-3))
	norm = b.node("Reshape", "", []string{norm, b.node("Shape", "", []string{x})})
	norm = b.node("Add", "", []string{b.node("Mul", "", []string{norm, b.weight(6, 1, 1)}), b.weight(6, 1, 1)})
	b.conv(norm, 6, 4, 1, 1, 1, "y")
	requireKernels(t, b, 4, "conv 3x3,norm,conv 1x1")
}

// TestLines: a Conv in one dimension, as channel attention has it.
func TestLines(t *testing.T) {
	b := newBuilder(17)
	x := b.node("GlobalAveragePool", "", []string{b.conv(b.input("x", 2, 6, 5, 7), 6, 8, 3, 1, 1, "")})
	x = b.node("Reshape", "", []string{x, b.ints(0, 1, -1)})
	x = b.node("Conv", "", []string{x, b.weight(1, 1, 3)}, intsAttr("pads", 1, 1), intsAttr("kernel_shape", 3))
	x = b.node("Sigmoid", "", []string{x})
	b.node("Conv", "y", []string{x, b.weight(4, 1, 3), b.weight(4)}, intsAttr("strides", 2), intsAttr("dilations", 2), intsAttr("pads", 2, 0))
	requireKernels(t, b, 3, "conv 3x3,global pool,conv 1x3,sigmoid,conv 1x3")
}

// TestSlopesAndNumbers: PRelu, and operands that are one number.
func TestSlopesAndNumbers(t *testing.T) {
	for _, shape := range [][]int{{2, 6, 5, 7}, {2, 3, 9}, {1, 1}} {
		b := newBuilder(17)
		slopes := make([]int, len(shape)-1)
		for i := range slopes {
			slopes[i] = 1
		}
		slopes[0] = shape[1]
		x := b.node("PRelu", "", []string{b.input("x", shape...), b.weight(slopes...)})
		x = b.node("Mul", "", []string{x, b.constant(tensor.Of([]float32{0.3}))})
		x = b.node("Add", "", []string{b.constant(tensor.Of([]float32{-2}, 1, 1)), x})
		x = b.node("Sub", "", []string{x, b.constant(tensor.Of([]float32{5}, 1))})
		b.node("Div", "y", []string{b.constant(tensor.Of([]float32{5}, 1)), x})
		requireKernels(t, b, len(shape), "PRelu,Mul,Add,Sub,Div")
	}
}

// requireKernels compares the engines on a model whose output y has the given rank.
func requireKernels(t *testing.T, b *builder, rank int, want string) {
	t.Helper()
	b.output("y", rank)
	planned, reference := newSession(t, b.model(), Options{}), newSession(t, b.model(), Options{Engine: Reference})
	if got := strings.TrimPrefix(kernels(t, planned), toLast); got != want {
		t.Errorf("kernels %q, want %q", got, want)
	}
	in := randomInput(planned, 1, 3)
	expected, err := reference.Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := planned.Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	requireClose(t, "planned", expected, got)
}
