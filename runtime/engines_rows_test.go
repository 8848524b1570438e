package runtime

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

func (b *builder) number(v float32) string { return b.constant(tensor.Of([]float32{v})) }

// gelu is what exporters write for it.
func (b *builder) gelu(x string) string {
	gate := b.node("Erf", "", []string{b.node("Div", "", []string{x, b.number(math.Sqrt2)})})
	gate = b.node("Add", "", []string{gate, b.number(1)})
	return b.node("Mul", "", []string{b.node("Mul", "", []string{x, gate}), b.number(0.5)})
}

// linear is rows by weights [in,out], and a bias.
func (b *builder) linear(x string, in, out int) string {
	return b.node("Add", "", []string{b.weight(out), b.node("MatMul", "", []string{x, b.weight(in, out)})})
}

// layerNorm is LayerNormalization written out.
func (b *builder) layerNorm(x string, c int) string {
	last := intsAttr("axes", -1)
	d := b.node("Sub", "", []string{x, b.node("ReduceMean", "", []string{x}, last)})
	variance := b.node("ReduceMean", "", []string{b.node("Pow", "", []string{d, b.number(2)})}, last)
	x = b.node("Div", "", []string{d, b.node("Sqrt", "", []string{b.node("Add", "", []string{variance, b.number(1e-5)})})})
	return b.node("Add", "", []string{b.node("Mul", "", []string{x, b.positive(c)}), b.weight(c)})
}

// attention is that of h heads over x [n,t,c], without the last projection.
func (b *builder) attention(x string, t, c, h int64) string {
	qkv := b.node("Reshape", "", []string{b.linear(x, int(c), int(3*c)), b.ints(0, t, 3, h, c/h)})
	parts := slices.Clone(b.split(b.node("Transpose", "", []string{qkv}, intsAttr("perm", 2, 0, 3, 1, 4)), 0, 1, 1, 1))
	for i := range parts {
		parts[i] = b.node("Squeeze", "", []string{parts[i], b.ints(0)})
	}
	q := b.node("Mul", "", []string{parts[0], b.number(0.6)})
	k := b.node("Mul", "", []string{b.node("Transpose", "", []string{parts[1]}, intsAttr("perm", 0, 1, 3, 2)), b.number(0.6)})
	y := b.node("MatMul", "", []string{b.node("Softmax", "", []string{b.node("MatMul", "", []string{q, k})}, onnx.IntAttr("axis", -1)), parts[2]})
	return b.node("Reshape", "", []string{b.node("Transpose", "", []string{y}, intsAttr("perm", 0, 2, 1, 3)), b.ints(0, t, c)})
}

// rowCases are networks of rows: transformers, and what they are made of.
var rowCases = []engineCase{
	{"attention: no copy between its products", func(b *builder) {
		x := b.input("x", -1, 7, 18)
		y := b.linear(b.attention(b.layerNorm(x, 18), 7, 18, 3), 18, 18)
		b.node("Add", "y", []string{x, y})
		b.output("y", 3)
	}, "norm,gemm,matmul,softmax,matmul,gemm"},
	{"patches, a token in front of them, positions", func(b *builder) {
		x := b.node("Conv", "", []string{b.input("x", 1, 3, 8, 8), b.weight(5, 3, 4, 4), b.weight(5)}, intsAttr("strides", 4, 4))
		x = b.node("Transpose", "", []string{b.node("Reshape", "", []string{x, b.ints(0, 5, 4)})}, intsAttr("perm", 0, 2, 1))
		x = b.node("Concat", "", []string{b.weight(1, 1, 5), x}, onnx.IntAttr("axis", 1))
		x = b.node("Add", "", []string{x, b.weight(1, 5, 5)})
		x = b.node("Gather", "", []string{b.linear(x, 5, 6), b.constant(tensor.Of([]int64{0}))}, onnx.IntAttr("axis", 1))
		b.node("Identity", "y", []string{x})
		b.output("y", 2)
	}, toLast + "conv 4x4,copy,copy,Add,gemm"},
	{"a ConvNeXt block: transposes and scales cost nothing", func(b *builder) {
		in := b.input("x", -1, 3, 6, 5)
		in = b.conv(in, 3, 8, 1, 1, 1, "")
		x := b.node("Transpose", "", []string{b.conv(in, 8, 8, 7, 1, 8, "")}, intsAttr("perm", 0, 2, 3, 1))
		x = b.linear(b.gelu(b.linear(b.layerNorm(x, 8), 8, 20)), 20, 8)
		x = b.node("Mul", "", []string{x, b.weight(8)})
		x = b.node("Add", "", []string{b.node("Transpose", "", []string{x}, intsAttr("perm", 0, 3, 1, 2)), in})
		b.conv(x, 8, 4, 3, 2, 1, "y")
		b.output("y", 4)
	}, toLast + "conv 1x1,depthwise,norm,gemm,gemm,conv 3x3"},
	{"a mixer block: products across rows", func(b *builder) {
		x := b.input("x", -1, 9, 6)
		turn := func(x string) string {
			return b.node("Transpose", "", []string{x}, intsAttr("perm", 0, 2, 1))
		}
		y := turn(b.linear(b.gelu(b.linear(turn(b.layerNorm(x, 6)), 9, 20)), 20, 9))
		x = b.node("Add", "", []string{x, y})
		b.node("Add", "y", []string{x, b.linear(x, 6, 6)})
		b.output("y", 3)
	}, "norm,matmul,matmul,gemm"},
	{"products of values in every order", func(b *builder) {
		x, y := b.input("x", 2, 3, 17, 5), b.input("y", 1, 3, 5, 21)
		turned := intsAttr("perm", 0, 1, 3, 2)
		p := b.node("Softmax", "p", []string{b.node("MatMul", "", []string{x, y})})
		b.node("MatMul", "q", []string{b.node("Transpose", "", []string{x}, turned), p})
		b.node("MatMul", "r", []string{b.node("Transpose", "", []string{y}, turned), b.node("Transpose", "", []string{x}, turned)})
		b.node("Relu", "s", []string{b.node("Div", "", []string{b.node("MatMul", "", []string{x, b.weight(5, 3)}), b.number(3)})})
		for _, name := range []string{"p", "q", "r", "s"} {
			b.output(name, 4)
		}
	}, "matmul,softmax,to row-major,matmul,matmul,gemm"},
	{"both forms of gelu, tanh, erf and slower functions", func(b *builder) {
		x := b.input("x", 3, 37)
		cube := b.node("Pow", "", []string{x, b.number(3)})
		inner := b.node("Add", "", []string{x, b.node("Mul", "", []string{cube, b.number(0.044715)})})
		gate := b.node("Tanh", "", []string{b.node("Mul", "", []string{inner, b.number(float32(math.Sqrt(2 / math.Pi)))})})
		gate = b.node("Add", "", []string{b.number(1), gate})
		b.node("Mul", "a", []string{b.node("Mul", "", []string{b.number(0.5), x}), gate})
		b.node("Identity", "b", []string{b.gelu(x)})
		b.node("Tanh", "c", []string{b.node("Erf", "", []string{x})})
		y := b.node("Softplus", "", []string{b.node("Softsign", "", []string{b.node("Neg", "", []string{x})})})
		b.node("Log", "d", []string{b.node("Reciprocal", "", []string{b.node("Sqrt", "", []string{b.node("Exp", "", []string{b.node("Abs", "", []string{y})})})})})
		for _, name := range []string{"a", "b", "c", "d"} {
			b.output(name, 2)
		}
	}, "gelu_tanh,gelu,erf,tanh,Neg,Softsign,Softplus,Abs,Exp,Sqrt,Reciprocal,Log"},
	{"means over any neighbouring dimensions, and lengths", func(b *builder) {
		x := b.input("x", 2, 5, 4, 7)
		b.node("ReduceMean", "a", []string{x}, intsAttr("axes", 1, 2), onnx.IntAttr("keepdims", 0))
		b.node("ReduceMean", "b", []string{x}, intsAttr("axes", 3))
		b.node("ReduceSum", "c", []string{x, b.ints(0, 1)})
		b.node("ReduceL2", "d", []string{b.node("Transpose", "", []string{x}, intsAttr("perm", 0, 2, 3, 1))}, intsAttr("axes", 1, 2))
		b.output("a", 2)
		for _, name := range []string{"b", "c", "d"} {
			b.output(name, 4)
		}
	}, "global pool,global pool,global pool,Mul,to row-major,global pool,Sqrt"},
	{"softmax across rows, what is repeated, functions with parameters", func(b *builder) {
		x := b.node("Softmax", "", []string{b.linear(b.input("x", -1, 5, 6), 6, 8)}, onnx.IntAttr("axis", 1))
		b.node("Tile", "a", []string{x, b.ints(1, 3, 2)})
		b.node("Elu", "", []string{x}, onnx.FloatAttr("alpha", 0.5))
		y := b.node("Selu", "", []string{b.node("Elu", "", []string{b.node("Sub", "", []string{x, b.number(0.5)})}, onnx.FloatAttr("alpha", 0.5))})
		b.node("LeakyRelu", "b", []string{b.node("Sin", "", []string{b.linear(y, 8, 4)})}, onnx.FloatAttr("alpha", 0.2))
		b.output("a", 3)
		b.output("b", 3)
	}, "gemm,copy,softmax,copy,Sub,Elu,Selu,matmul,Sin,leaky_relu"},
	{"average pools, with and without the padding counted", func(b *builder) {
		x := b.input("x", -1, 5, 9, 8)
		kernel, strides := intsAttr("kernel_shape", 3, 2), intsAttr("strides", 2, 1)
		x = b.node("AveragePool", "", []string{x}, kernel, strides, intsAttr("pads", 1, 1, 1, 0))
		b.node("AveragePool", "y", []string{x}, kernel, strides, intsAttr("pads", 1, 0, 2, 1), onnx.IntAttr("count_include_pad", 1), onnx.IntAttr("ceil_mode", 1))
		b.output("y", 4)
	}, toLast + "average pool,average pool"},
	{"resized pictures", func(b *builder) {
		x := b.input("x", 2, 3, 5, 4)
		to := b.constant(tensor.Of([]float32{1, 1, 2, 3.5}, 4))
		mode := func(mode, coordinates string) []*onnxpb.AttributeProto {
			return []*onnxpb.AttributeProto{onnx.StringAttr("mode", mode), onnx.StringAttr("coordinate_transformation_mode", coordinates)}
		}
		b.node("Resize", "a", []string{x, "", to}, mode("nearest", "asymmetric")...)
		b.node("Resize", "b", []string{x, "", to}, mode("linear", "half_pixel")...)
		b.node("Resize", "c", []string{x, "", "", b.ints(2, 3, 9, 2)}, mode("cubic", "align_corners")...)
		for _, name := range []string{"a", "b", "c"} {
			b.output(name, 4)
		}
	}, toLast + "resize,resize,resize"},
	{"what was gathered and what was repeated", func(b *builder) {
		x := b.input("x", 2, 6, 5)
		b.node("Gather", "a", []string{x, b.constant(tensor.Of([]int64{4, 2, 0, 5, -1, 1}, 2, 3))}, onnx.IntAttr("axis", 1))
		b.node("Gather", "b", []string{x, b.ints(1, 3)}, onnx.IntAttr("axis", 2))
		b.node("Add", "c", []string{b.node("Expand", "", []string{b.node("Relu", "", []string{b.input("y", 1, 5)}), b.ints(2, 6, 5)}), x})
		b.output("a", 4)
		b.output("b", 3)
		b.output("c", 3)
	}, "copy,copy,copy,copy,copy,relu,Add"},
	{"normalised channels, and rows that are scaled alike", func(b *builder) {
		x := b.input("x", 2, 3, 5, 7)
		b.node("InstanceNormalization", "y", []string{x, b.positive(3), b.weight(3)})
		x = b.node("Reshape", "", []string{b.node("LayerNormalization", "", []string{x, b.positive(7)}), b.ints(6, 35)})
		x = b.node("Reshape", "", []string{b.node("MatMul", "", []string{x, b.weight(35, 8)}), b.ints(2, 3, 8)})
		b.node("HardSwish", "z", []string{b.node("Mul", "", []string{x, b.positive(8)})})
		b.output("y", 4)
		b.output("z", 3)
	}, "norm,norm,gemm"},
}

// TestAttention: the operator, as torch.export writes it, is its products; what
// has more to it is left alone.
func TestAttention(t *testing.T) {
	mask := tensor.New(tensor.Float32, 5, 6)
	for i := range tensor.Data[float32](mask) {
		tensor.Data[float32](mask)[i] = float32(i%7) - 3
	}
	for want, more := range map[string]func(b *builder) ([]string, []*onnxpb.AttributeProto){
		"matmul,softmax,matmul": func(b *builder) ([]string, []*onnxpb.AttributeProto) {
			return nil, []*onnxpb.AttributeProto{onnx.FloatAttr("scale", 0.3)}
		},
		"matmul,Add,softmax,matmul": func(b *builder) ([]string, []*onnxpb.AttributeProto) {
			return []string{b.constant(mask)}, nil
		},
		"fallback Attention": func(b *builder) ([]string, []*onnxpb.AttributeProto) {
			return nil, []*onnxpb.AttributeProto{onnx.IntAttr("is_causal", 1)}
		},
	} {
		b := newBuilder(24)
		in, attrs := more(b)
		in = append([]string{b.input("q", 2, 3, 5, 8), b.input("k", 2, 3, 6, 8), b.input("v", 2, 3, 6, 7)}, in...)
		b.node("Attention", "y", in, attrs...)
		b.output("y", 4)
		planned, reference := newSession(t, b.model(), Options{}), newSession(t, b.model(), Options{Engine: Reference})
		if got := kernels(t, planned); got != want {
			t.Errorf("kernels %q, want %q", got, want)
		}
		x := randomInput(planned, 1, 3)
		a, err := reference.Run(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		c, err := planned.Run(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		requireClose(t, want, a, c)
	}
}

// TestRowsSteady: a steady run of every case allocates nothing, and gives the
// same bits on one thread and on two.
func TestRowsSteady(t *testing.T) {
	for _, c := range rowCases {
		var want Tensors
		for _, threads := range []int{1, 2} {
			s := newSession(t, c.model(), Options{Threads: threads})
			in := randomInput(s, 2, 7)
			out, err := s.Run(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			run := func() {
				if err := s.RunInto(context.Background(), in, out); err != nil {
					t.Fatal(err)
				}
			}
			if n := testing.AllocsPerRun(10, run); n != 0 {
				t.Errorf("%s, %d threads: %v allocations a run", c.name, threads, n)
			}
			if threads == 1 {
				want = out
			}
			for name, w := range want {
				if !slices.Equal(tensor.Data[float32](w), tensor.Data[float32](out[name])) {
					t.Errorf("%s: output %s differs between threads", c.name, name)
				}
			}
		}
	}
}
