package runtime

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// engineCase is a small network that both engines must agree on. kernels is
// what the planned engine must run, in order: what is not there costs nothing.
type engineCase struct {
	name    string
	build   func(b *builder)
	kernels string
}

const toLast = "to channels last,"

var engineCases = slices.Concat(pictureCases, rowCases)

var pictureCases = []engineCase{
	{"conv, batch norm and swish are one step", func(b *builder) {
		x := b.batchNorm(b.conv(b.input("x", -1, 3, 9, 7), 3, 10, 3, 2, 1, ""), 10, "")
		b.swish(x, "y")
		b.output("y", 4)
	}, toLast + "conv 3x3"},
	{"depthwise, relu", func(b *builder) {
		x := b.conv(b.input("x", 2, 13, 8, 8), 13, 13, 5, 1, 13, "")
		b.node("Relu", "y", []string{x})
		b.output("y", 4)
	}, toLast + "depthwise"},
	{"windows side by side, transposed", func(b *builder) {
		x := b.conv(b.input("x", -1, 3, 5, 4), 3, 6, 3, 1, 1, "")
		x = b.node("ConvTranspose", "", []string{x, b.weight(6, 5, 2, 2), b.weight(5)}, intsAttr("strides", 2, 2))
		x = b.node("Relu", "", []string{b.node("ConvTranspose", "", []string{x, b.weight(5, 4, 3, 3)}, intsAttr("strides", 3, 3), intsAttr("kernel_shape", 3, 3), onnx.StringAttr("auto_pad", "VALID"))})
		b.node("ConvTranspose", "y", []string{x, b.weight(4, 2, 1, 1)})
		b.output("y", 4)
	}, toLast + "conv 3x3,conv 1x1,depth to space,conv 1x1,depth to space,relu,conv 1x1,depth to space"},
	{"windows that meet, transposed", func(b *builder) {
		x := b.node("ConvTranspose", "", []string{b.input("x", -1, 3, 5, 4), b.weight(3, 5, 3, 3), b.weight(5)}, intsAttr("strides", 2, 2))
		b.node("ConvTranspose", "y", []string{x, b.weight(5, 4, 2, 2)}, intsAttr("strides", 2, 2), intsAttr("pads", 1, 0, 0, 1))
		b.output("y", 4)
	}, "fallback ConvTranspose,fallback ConvTranspose"},
	{"depth to space, both ways", func(b *builder) {
		x := b.conv(b.input("x", -1, 3, 5, 4), 3, 24, 3, 1, 1, "")
		x = b.node("DepthToSpace", "", []string{x}, onnx.IntAttr("blocksize", 2), onnx.StringAttr("mode", "CRD"))
		x = b.conv(x, 6, 18, 1, 1, 1, "")
		b.node("DepthToSpace", "y", []string{x}, onnx.IntAttr("blocksize", 3))
		b.output("y", 4)
	}, toLast + "conv 3x3,depth to space,conv 1x1,depth to space"},
	{"grouped 1x1", func(b *builder) {
		b.conv(b.input("x", 1, 12, 5, 5), 12, 18, 1, 1, 3, "y")
		b.output("y", 4)
	}, toLast + "conv 1x1"},
	{"split, depthwise, concat, batch norm: one step", func(b *builder) {
		x := b.conv(b.input("x", -1, 4, 10, 10), 4, 11, 1, 1, 1, "")
		p := b.split(x, 1, 5, 3, 3)
		y := b.node("Concat", "", []string{b.conv(p[0], 5, 5, 3, 2, 5, ""), b.conv(p[1], 3, 3, 5, 2, 3, ""), b.conv(p[2], 3, 3, 7, 2, 3, "")}, onnx.IntAttr("axis", 1))
		b.swish(b.batchNorm(y, 11, ""), "y")
		b.output("y", 4)
	}, toLast + "expand+mdconv"},
	{"batch norms before the concat: one step", func(b *builder) {
		p := b.split(b.input("x", -1, 8, 6, 6), -3, 4, 4)
		var parts []string
		for i, k := range []int{3, 9} {
			parts = append(parts, b.batchNorm(b.conv(p[i], 4, 4, k, 1, 4, ""), 4, ""))
		}
		b.node("Concat", "y", parts, onnx.IntAttr("axis", -3))
		b.output("y", 4)
	}, toLast + "mdconv"},
	{"mixed 1x1: split and concat cost nothing", func(b *builder) {
		x := b.conv(b.input("x", 1, 3, 6, 6), 3, 9, 3, 1, 1, "")
		p := b.split(x, 1, 5, 4)
		b.node("Concat", "y", []string{b.conv(p[0], 5, 7, 1, 1, 1, ""), b.conv(p[1], 4, 6, 1, 1, 1, "")}, onnx.IntAttr("axis", 1))
		b.output("y", 4)
	}, toLast + "conv 3x3,conv 1x1,conv 1x1"},
	{"mixed 1x1 with batch norm and swish behind the concat", func(b *builder) {
		p := b.split(b.input("x", -1, 9, 6, 6), 1, 5, 4)
		x := b.node("Concat", "", []string{b.conv(p[0], 5, 7, 1, 1, 1, ""), b.conv(p[1], 4, 6, 1, 1, 1, "")}, onnx.IntAttr("axis", 1))
		b.swish(b.batchNorm(x, 13, ""), "y")
		b.output("y", 4)
	}, "to channels last,conv 1x1,to channels last,conv 1x1"},
	{"mixed 1x1 with a residual behind the concat", func(b *builder) {
		in := b.conv(b.input("x", -1, 3, 6, 6), 3, 9, 3, 1, 1, "")
		p := b.split(in, 1, 5, 4)
		x := b.node("Concat", "", []string{b.conv(p[0], 5, 5, 1, 1, 1, ""), b.conv(p[1], 4, 4, 1, 1, 1, "")}, onnx.IntAttr("axis", 1))
		b.node("Add", "y", []string{b.batchNorm(x, 9, ""), in})
		b.output("y", 4)
	}, toLast + "conv 3x3,conv 1x1,conv 1x1"},
	{"a concat within a concat", func(b *builder) {
		x := b.conv(b.input("x", 2, 3, 6, 6), 3, 4, 3, 1, 1, "")
		inner := b.node("Concat", "", []string{b.conv(x, 4, 5, 1, 1, 1, ""), x}, onnx.IntAttr("axis", 1))
		b.node("Concat", "y", []string{b.conv(x, 4, 3, 3, 1, 1, ""), inner, x}, onnx.IntAttr("axis", 1))
		b.output("y", 4)
	}, toLast + "conv 3x3,conv 1x1,copy,conv 3x3"},
	{"squeeze and excitation, residual", func(b *builder) {
		in := b.input("x", 2, 6, 5, 5)
		x := b.swish(b.conv(in, 6, 8, 1, 1, 1, ""), "")
		s := b.swish(b.conv(b.node("GlobalAveragePool", "", []string{x}), 8, 2, 1, 1, 1, ""), "")
		gate := b.node("Sigmoid", "", []string{b.conv(s, 2, 8, 1, 1, 1, "")})
		x = b.conv(b.node("Mul", "", []string{x, gate}), 8, 6, 1, 1, 1, "")
		b.node("Add", "y", []string{x, in})
		b.output("y", 4)
	}, toLast + "conv 1x1,global pool,conv 1x1,conv 1x1,scale+conv 1x1"},
	{"a gate before a depthwise convolution of one tap", func(b *builder) {
		x := b.input("x", 2, 6, 5, 5)
		gate := b.node("Sigmoid", "", []string{b.node("GlobalAveragePool", "", []string{x})})
		b.conv(b.node("Mul", "", []string{x, gate}), 6, 6, 1, 1, 6, "y")
		b.output("y", 4)
	}, toLast + "global pool,sigmoid,Mul,depthwise"},
	{"convolutions that share weights, but not their biases", func(b *builder) {
		x := b.input("x", 1, 4, 5, 5)
		expand, tap := b.weight(6, 4, 1, 1), b.weight(6, 1, 3, 3)
		pads := intsAttr("pads", 1, 1, 1, 1)
		branch := func() string {
			e := b.node("Conv", "", []string{x, expand, b.weight(6)})
			return b.node("Conv", "", []string{e, tap, b.weight(6)}, onnx.IntAttr("group", 6), pads)
		}
		b.node("Concat", "y", []string{branch(), branch()}, onnx.IntAttr("axis", 1))
		b.output("y", 4)
	}, toLast + "expand+depthwise,expand+depthwise"},
	{"residual, then relu, as a ResNet has it", func(b *builder) {
		in := b.input("x", 1, 4, 5, 5)
		a := b.conv(in, 4, 4, 3, 1, 1, "")
		c := b.conv(in, 4, 4, 1, 1, 1, "")
		b.node("Relu", "y", []string{b.node("Add", "", []string{a, c})})
		b.output("y", 4)
	}, toLast + "conv 3x3,conv 1x1"},
	{"max pool of two parts, their channels shuffled", func(b *builder) {
		x := b.conv(b.input("x", -1, 3, 9, 7), 3, 10, 3, 1, 1, "")
		x = b.node("MaxPool", "", []string{x}, intsAttr("kernel_shape", 3, 3), intsAttr("strides", 2, 2), intsAttr("pads", 1, 1, 1, 1))
		p := b.split(x, 1, 5, 5)
		both := b.node("Concat", "", []string{p[0], b.conv(p[1], 5, 5, 1, 1, 1, "")}, onnx.IntAttr("axis", 1))
		apart := b.node("Reshape", "", []string{both, b.ints(0, 2, 5, -1)})
		turned := b.node("Transpose", "", []string{apart}, intsAttr("perm", 0, 2, 1, 3))
		b.node("Reshape", "y", []string{turned, b.node("Shape", "", []string{both})})
		b.output("y", 4)
	}, toLast + "conv 3x3,max pool,conv 1x1,copy,to row-major"},
	{"a head: mean, flatten, gemm, softmax", func(b *builder) {
		x := b.conv(b.input("x", -1, 3, 6, 6), 3, 10, 3, 1, 1, "")
		x = b.node("ReduceMean", "", []string{x}, intsAttr("axes", 2, 3), onnx.IntAttr("keepdims", 1))
		x = b.node("Flatten", "", []string{x})
		x = b.node("Gemm", "", []string{x, b.weight(7, 10), b.weight(7)}, onnx.IntAttr("transB", 1))
		b.node("Softmax", "y", []string{x})
		b.output("y", 2)
	}, toLast + "conv 3x3,global pool,gemm,softmax"},
	{"matmul and add of a vector", func(b *builder) {
		x := b.node("MatMul", "", []string{b.input("x", -1, 9), b.weight(9, 6)})
		b.node("Add", "y", []string{x, b.weight(6)})
		b.output("y", 2)
	}, "gemm"},
	{"an NHWC network: transposes cost nothing", func(b *builder) {
		nchw, nhwc := intsAttr("perm", 0, 3, 1, 2), intsAttr("perm", 0, 2, 3, 1)
		to := func(x string) string { return b.node("Transpose", "", []string{x}, nchw) }
		from := func(x string) string { return b.node("Transpose", "", []string{x}, nhwc) }
		x := from(b.conv(to(b.input("x", -1, 6, 6, 3)), 3, 8, 3, 1, 1, ""))
		x = b.swish(x, "")
		p := b.split(x, 3, 4, 4)
		x = b.node("Concat", "", []string{from(b.conv(to(p[0]), 4, 4, 3, 1, 4, "")), from(b.conv(to(p[1]), 4, 4, 5, 1, 4, ""))}, onnx.IntAttr("axis", 3))
		x = b.node("Mul", "", []string{x, b.positive(8)})
		x = from(b.batchNorm(to(x), 8, ""))
		b.node("Identity", "y", []string{x})
		b.output("y", 4)
	}, "conv 3x3,mdconv"},
	{"zero padding moves into the convolution", func(b *builder) {
		x := b.node("Pad", "", []string{b.input("x", 1, 3, 6, 6), b.ints(0, 0, 0, 1, 0, 0, 1, 2)})
		b.node("Conv", "y", []string{x, b.weight(5, 3, 3, 3)}, intsAttr("strides", 2, 2))
		b.output("y", 4)
	}, toLast + "conv 3x3"},
	{"other padding stays", func(b *builder) {
		x := b.node("Pad", "", []string{b.input("x", 1, 3, 6, 6), b.ints(0, 1, 0, 1, 0, 0, 1, 2), b.constant(tensor.Of([]float32{1.5}))})
		b.node("Relu", "y", []string{x})
		b.output("y", 4)
	}, "fill,pad,relu"},
	{"a batch norm without a convolution", func(b *builder) {
		b.batchNorm(b.node("Relu", "", []string{b.input("x", 2, 5, 4, 4)}), 5, "y")
		b.output("y", 4)
	}, "relu,depthwise"},
	{"reshape of a transposed value", func(b *builder) {
		x := b.node("Transpose", "", []string{b.input("x", 2, 3, 4)}, intsAttr("perm", 0, 2, 1))
		x = b.node("Reshape", "", []string{x, b.ints(0, -1)})
		b.node("Sub", "y", []string{x, b.weight(12)})
		b.output("y", 2)
	}, "to row-major,Sub"},
	{"shape arithmetic is done before the run", func(b *builder) {
		x := b.conv(b.input("x", -1, 3, 4, 4), 3, 5, 3, 1, 1, "")
		n := b.node("Gather", "", []string{b.node("Shape", "", []string{x}), b.constant(tensor.Of([]int64{0}))}, onnx.IntAttr("axis", 0))
		n = b.node("Unsqueeze", "", []string{n, b.ints(0)})
		shape := b.node("Concat", "", []string{n, b.ints(-1)}, onnx.IntAttr("axis", 0))
		b.node("Reshape", "y", []string{x, shape})
		b.output("y", 2)
	}, toLast + "conv 3x3,to row-major"},
	{"activations between an input and an output", func(b *builder) {
		x := b.input("x", 3, 5)
		x = b.node("Clip", "", []string{x, b.constant(tensor.Of([]float32{-1})), b.constant(tensor.Of([]float32{2}))})
		x = b.node("HardSigmoid", "", []string{x})
		x = b.node("HardSwish", "", []string{x})
		b.node("Div", "y", []string{x, b.positive(5)})
		b.output("y", 2)
	}, "clip,hard_sigmoid,hard_swish,Div"},
	{"concat along the height, of several pictures", func(b *builder) {
		x := b.input("x", 2, 3, 4, 4)
		b.node("Concat", "y", []string{b.conv(x, 3, 4, 1, 1, 1, ""), b.conv(x, 3, 4, 3, 1, 1, "")}, onnx.IntAttr("axis", 2))
		b.output("y", 4)
	}, toLast + "conv 1x1,conv 3x3,copy,copy"},
	{"slices that cut channels without a rest are a split", func(b *builder) {
		x := b.conv(b.input("x", -1, 3, 6, 6), 3, 9, 3, 1, 1, "")
		cut := func(from, to int64) string {
			return b.node("Slice", "", []string{x, b.ints(from), b.ints(to), b.ints(1)})
		}
		b.node("Concat", "y", []string{b.conv(cut(0, 5), 5, 5, 3, 1, 5, ""), b.conv(cut(5, 1<<62), 4, 4, 5, 1, 4, "")}, onnx.IntAttr("axis", 1))
		b.output("y", 4)
	}, toLast + "conv 3x3,mdconv"},
	{"slices are views", func(b *builder) {
		x := b.conv(b.input("x", 2, 3, 6, 7), 3, 9, 3, 1, 1, "")
		b.node("Slice", "y", []string{x, b.ints(1, -5), b.ints(8, 1<<62), b.ints(1, 3), b.ints(3, 2)})
		b.node("Slice", "z", []string{x, b.ints(-1), b.ints(-(1 << 62)), b.ints(2), b.ints(-1)})
		b.output("y", 4)
		b.output("z", 4)
	}, toLast + "conv 3x3,fallback Slice"},
	{"softmax of a part, into a part", func(b *builder) {
		x := b.split(b.node("Relu", "", []string{b.input("x", 2, 10)}), 0, 1, 1)
		s := b.node("Softmax", "", []string{x[0]}, onnx.IntAttr("axis", -1))
		b.node("Concat", "y", []string{s, b.node("Gemm", "", []string{x[0], b.weight(10, 10)}), b.node("Sigmoid", "", []string{x[1]})}, onnx.IntAttr("axis", 0))
		b.output("y", 2)
	}, "relu,softmax,gemm,sigmoid"},
	{"one column with a scalar bias", func(b *builder) {
		b.node("Gemm", "y", []string{b.input("x", 2, 10), b.weight(10, 1), b.constant(tensor.Of([]float32{0.5}))})
		b.output("y", 2)
	}, "fallback Gemm"},
	{"more groups than MDConv has", func(b *builder) {
		p := b.split(b.input("x", 1, 9, 5, 5), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
		var parts []string
		for _, v := range p {
			parts = append(parts, b.conv(v, 1, 1, 3, 1, 1, ""))
		}
		b.node("Concat", "y", parts, onnx.IntAttr("axis", 1))
		b.output("y", 4)
	}, strings.Repeat("conv 3x3,", 8) + "conv 3x3"},
	{"empty pictures", func(b *builder) {
		b.node("Conv", "y", []string{b.input("x", 2, 3, 3, 0), b.weight(4, 3, 3, 3)}, intsAttr("pads", 2, 2, 2, 2))
		b.node("Pad", "z", []string{b.node("Relu", "", []string{"x"}), b.ints(0, 0, 0, 2, 0, 0, 0, 1)})
		b.output("y", 4)
		b.output("z", 4)
	}, "fallback Conv,fallback Relu,fallback Pad"},
	{"the same value twice in a concat", func(b *builder) {
		x := b.node("Relu", "", []string{b.input("x", 1, 3, 2, 2)})
		b.node("Concat", "y", []string{x, x}, onnx.IntAttr("axis", 1))
		b.output("y", 4)
	}, "relu,copy"},
	{"an input that is an output, and a constant one", func(b *builder) {
		b.node("Identity", "y", []string{b.input("x", 1, 3, 2, 2)})
		b.node("Identity", "z", []string{b.weight(2, 2)})
		b.output("y", 4)
		b.output("z", 2)
	}, ""},
	{"weights that are an input fall back", func(b *builder) {
		b.node("Conv", "y", []string{b.input("x", 1, 3, 4, 4), b.input("w", 2, 3, 3, 3)})
		b.output("y", 4)
	}, "fallback Conv"},
}

func (c engineCase) model() *onnx.Model {
	b := newBuilder(17)
	c.build(b)
	return b.model()
}

// TestEngines runs every case on both engines, with one and with several
// pictures, and looks at the planned engine's steps.
func TestEngines(t *testing.T) {
	for _, c := range engineCases {
		t.Run(c.name, func(t *testing.T) {
			planned, reference := newSession(t, c.model(), Options{}), newSession(t, c.model(), Options{Engine: Reference})
			if got := kernels(t, planned); got != c.kernels {
				t.Errorf("kernels %q, want %q", got, c.kernels)
			}
			for batch := 1; batch <= 3; batch++ {
				in := randomInput(planned, batch, uint64(batch))
				want, err := reference.Run(context.Background(), in)
				if err != nil {
					t.Fatal(err)
				}
				got, err := planned.Run(context.Background(), in)
				if err != nil {
					t.Fatal(err)
				}
				requireClose(t, "planned", want, got)
			}
		})
	}
}

// kernels is the list of the plans' kernels, separated by commas.
func kernels(t *testing.T, s *Session) string {
	t.Helper()
	_, stages, _, err := s.declared(nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range stages {
		for _, step := range p.plan.Steps {
			name := step.Kernel
			if step.Fallback {
				name = "fallback " + name
			}
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// TestLayers: every named value can be seen, equal on both engines, though the
// planned one would fuse most of them away.
func TestLayers(t *testing.T) {
	for _, c := range engineCases {
		planned, reference := newSession(t, c.model(), Options{Layers: true}), newSession(t, c.model(), Options{Engine: Reference, Layers: true})
		in := randomInput(planned, 2, 5)
		want, err := reference.Run(context.Background(), in)
		if err != nil {
			t.Fatal(c.name, err)
		}
		got, err := planned.Run(context.Background(), in)
		if err != nil {
			t.Fatal(c.name, err)
		}
		requireClose(t, c.name, want, got)
	}
}

// TestOpsets: Split by attribute (opset 11), ReduceMean with axes as input
// (18) and Swish (24) are the same to the planned engine.
func TestOpsets(t *testing.T) {
	build := map[int64]func(b *builder, x string) string{
		11: func(b *builder, x string) string {
			b.node("Split", "a", []string{x}, onnx.IntAttr("axis", 1), intsAttr("split", 2, 3))
			last := b.graph.Node[len(b.graph.Node)-1]
			last.Output = []string{"a", "b"}
			return b.node("Concat", "", []string{b.conv("a", 2, 2, 3, 1, 2, ""), b.conv("b", 3, 3, 5, 1, 3, "")}, onnx.IntAttr("axis", 1))
		},
		18: func(b *builder, x string) string {
			return b.node("ReduceMean", "", []string{x, b.ints(-1, -2)}, onnx.IntAttr("keepdims", 1))
		},
		24: func(b *builder, x string) string {
			return b.node("Swish", "", []string{x}, onnx.FloatAttr("alpha", 1.5))
		},
	}
	want := map[int64]string{11: toLast + "conv 3x3,mdconv", 18: toLast + "conv 3x3,global pool", 24: toLast + "conv 3x3"}
	for opset, f := range build {
		model := func() *onnx.Model {
			b := newBuilder(opset)
			b.node("Identity", "y", []string{f(b, b.conv(b.input("x", -1, 3, 6, 6), 3, 5, 3, 1, 1, ""))})
			b.output("y", 4)
			return b.model()
		}
		planned, reference := newSession(t, model(), Options{}), newSession(t, model(), Options{Engine: Reference})
		if got := kernels(t, planned); got != want[opset] {
			t.Errorf("opset %d: kernels %q, want %q", opset, got, want[opset])
		}
		in := randomInput(planned, 2, 3)
		a, err := reference.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		b, err := planned.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		requireClose(t, "planned", a, b)
	}
}
