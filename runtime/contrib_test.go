package runtime

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// contribCase is a quantised operator of ONNX Runtime and what it stands for.
type contribCase struct {
	name, plain string
	operands    int
	attrs       []*onnxpb.AttributeProto
}

var contribCases = []contribCase{
	{"QLinearAdd", "Add", 2, nil},
	{"QLinearMul", "Mul", 2, nil},
	{"QLinearSigmoid", "Sigmoid", 1, nil},
	{"QLinearLeakyRelu", "LeakyRelu", 1, []*onnxpb.AttributeProto{onnx.FloatAttr("alpha", 0.1)}},
	{"QLinearSoftmax", "Softmax", 1, []*onnxpb.AttributeProto{onnx.IntAttr("axis", 1)}},
	{"QLinearAveragePool", "AveragePool", 1, []*onnxpb.AttributeProto{intsAttr("kernel_shape", 2, 2)}},
	{"QLinearGlobalAveragePool", "GlobalAveragePool", 1, nil},
	{"QLinearConcat", "Concat", 2, []*onnxpb.AttributeProto{onnx.IntAttr("axis", 1)}},
}

const (
	operandStep, resultStep = 0.02, 0.03
	zeroPoint               = 120
)

// both builds the operator on quantised operands, and what it stands for on the
// same operands in float32.
func (c contribCase) both() *onnx.Model {
	b := newBuilder(17)
	step, zero, result := b.constant(tensor.Of([]float32{operandStep})), b.constant(tensor.Of([]uint8{zeroPoint})), b.constant(tensor.Of([]float32{resultStep}))
	var quantised, plain []string
	for _, name := range []string{"a", "b"}[:c.operands] {
		q := b.node("QuantizeLinear", "", []string{b.input(name, 2, 4, 3, 3), step, zero})
		quantised = append(quantised, q, step, zero)
		plain = append(plain, b.node("DequantizeLinear", "", []string{q, step, zero}))
	}
	if c.name == "QLinearConcat" {
		quantised = append([]string{result, zero}, quantised...)
	} else {
		quantised = append(quantised, result, zero)
	}
	b.node("DequantizeLinear", "got", []string{b.contrib(c.name, quantised, c.attrs...), result, zero})
	b.node(c.plain, "want", plain, c.attrs...)
	b.output("got", 4)
	b.output("want", 4)
	return b.contribModel()
}

func (b *builder) contrib(op string, in []string, attrs ...*onnxpb.AttributeProto) string {
	out := b.node(op, "", in, attrs...)
	b.graph.Node[len(b.graph.Node)-1].Domain = proto.String("com.microsoft")
	return out
}

func (b *builder) contribModel() *onnx.Model {
	m := b.model()
	m.Proto.OpsetImport = append(m.Proto.OpsetImport, &onnxpb.OperatorSetIdProto{Domain: proto.String("com.microsoft"), Version: proto.Int64(1)})
	return m
}

// TestContrib: quantised operators of ONNX Runtime give what they stand for, to
// half a step of the result's scale or where that saturates.
func TestContrib(t *testing.T) {
	for _, c := range contribCases {
		t.Run(c.name, func(t *testing.T) { requireWithinStep(t, c.both()) })
	}
}

func requireWithinStep(t *testing.T, m *onnx.Model) {
	t.Helper()
	for _, engine := range []Engine{Planned, Reference} {
		s := newSession(t, m, Options{Engine: engine})
		out, err := s.Run(context.Background(), randomInput(s, 1, 1))
		if err != nil {
			t.Fatal(err)
		}
		got := tensor.Data[float32](out["got"])
		for i, want := range tensor.Data[float32](out["want"]) {
			want = max(-zeroPoint*resultStep, min((255-zeroPoint)*resultStep, want))
			if math.Abs(float64(got[i]-want)) > resultStep*0.51 {
				t.Fatalf("%v: element %d is %v, want %v", engine, i, got[i], want)
			}
		}
	}
}

// TestContribGemm does so with a matrix that is transposed and has a scale for
// each of its rows, and a bias in units of both scales.
func TestContribGemm(t *testing.T) {
	b := newBuilder(17)
	step, zero, result := b.constant(tensor.Of([]float32{operandStep})), b.constant(tensor.Of([]uint8{zeroPoint})), b.constant(tensor.Of([]float32{resultStep}))
	scales, zeros := b.constant(tensor.Of([]float32{0.01, 0.02}, 2)), b.constant(tensor.Of([]int8{0, 0}, 2))
	weights, bias := b.constant(tensor.Of([]int8{50, -20, 30, 10, 60, -7}, 2, 3)), b.constant(tensor.Of([]int32{1000, -500}, 2))
	q := b.node("QuantizeLinear", "", []string{b.input("a", 4, 3), step, zero})
	y := b.contrib("QGemm", []string{q, step, zero, weights, scales, zeros, bias, result, zero}, onnx.IntAttr("transB", 1))
	b.node("DequantizeLinear", "got", []string{y, result, zero})
	x := b.node("DequantizeLinear", "", []string{q, step, zero})
	b.node("Gemm", "want", []string{x, b.constant(tensor.Of([]float32{0.5, -0.2, 0.3, 0.2, 1.2, -0.14}, 2, 3)),
		b.constant(tensor.Of([]float32{1000 * 0.01 * operandStep, -500 * 0.02 * operandStep}, 2))}, onnx.IntAttr("transB", 1))
	b.output("got", 2)
	b.output("want", 2)
	requireWithinStep(t, b.contribModel())
}

// TestContribRefuses: what is not implemented is said before anything runs, what
// is broken is an error.
func TestContribRefuses(t *testing.T) {
	for name, attrs := range map[string][]*onnxpb.AttributeProto{
		"QLinearGlobalAveragePool": {onnx.IntAttr("channels_last", 1)},
		"QLinearSoftmax":           {onnx.IntAttr("opset", 11)},
		"QLinearAdd":               nil, // inputs are missing
		"NoSuchOperator":           nil,
	} {
		b := newBuilder(17)
		x := b.node("QuantizeLinear", "", []string{b.input("a", 1, 4, 3, 3), b.constant(tensor.Of([]float32{1}))})
		b.node("Identity", "got", []string{b.contrib(name, []string{x}, attrs...)})
		b.output("got", 4)
		if _, err := New(b.contribModel(), Options{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestOptimisedKernels: what ONNX Runtime's optimiser makes of a picture's network
// runs on kernels, as that network does.
func TestOptimisedKernels(t *testing.T) {
	for _, name := range []string{"fusedconv-relu", "fusedconv-clip", "fusedconv-hardsigmoid", "fusedconv-leakyrelu", "fusedconv-sigmoid", "fusedconv-sum", "fusedconv-tanh",
		"fusedgemm-plain", "fusedmatmul-two-0100", "fusedmatmul-two-1000", "fusedmatmul-weights-0000", "gelu", "biasgelu", "fastgelu", "quickgelu-1.0", "quickgelu-1.702",
		"skiplayernorm", "skiplayernorm-all", "layernorm-opset13"} {
		file := "testdata/cases/optimised-by-onnxruntime/" + name
		s, err := Load(file+".onnx", Options{})
		if err != nil {
			t.Fatal(err)
		}
		shapes := Shapes{}
		for input, x := range readArrays(t, file+".input.npz") {
			shapes[input] = x.Shape
		}
		if list, err := s.Fallbacks(shapes); err != nil || len(list) > 0 {
			t.Errorf("%s: fallbacks %v, error %v", name, list, err)
		}
	}
}

// TestOneProcessor: layouts of the machine that optimised a model are refused with
// what to do.
func TestOneProcessor(t *testing.T) {
	b := newBuilder(17)
	b.node("Relu", "y", []string{b.input("x", 1, 8, 4, 4)})
	b.output("y", 4)
	m := b.model()
	m.Proto.GetGraph().GetNode()[0].Domain = proto.String("com.microsoft.nchwc")
	m.Proto.OpsetImport = append(m.Proto.OpsetImport, &onnxpb.OperatorSetIdProto{Domain: proto.String("com.microsoft.nchwc"), Version: proto.Int64(1)})
	var unsupported *errs.UnsupportedError
	if _, err := New(m, Options{}); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "save at level extended or below") {
		t.Errorf("%v", err)
	}
}
