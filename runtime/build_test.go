package runtime

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// builder writes small models for tests.
type builder struct {
	graph *onnxpb.GraphProto
	opset int64
	r     *rand.Rand
	n     int
}

func newBuilder(opset int64) *builder {
	return &builder{graph: &onnxpb.GraphProto{Name: proto.String("test")}, opset: opset, r: rand.New(rand.NewPCG(1, uint64(opset)))}
}

func intsAttr(name string, v ...int64) *onnxpb.AttributeProto { return onnx.IntsAttr(name, v) }

func (b *builder) info(name string, dims []int) *onnxpb.ValueInfoProto {
	shape := &onnxpb.TensorShapeProto{}
	for _, d := range dims {
		dim := &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: int64(d)}}
		if d == tensor.Unknown {
			dim.Value = &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: "batch"}
		}
		shape.Dim = append(shape.Dim, dim)
	}
	return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{
		TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(1), Shape: shape}}}}
}

func (b *builder) input(name string, dims ...int) string {
	b.graph.Input = append(b.graph.Input, b.info(name, dims))
	return name
}

// output declares name as an output of unknown shape and the given rank.
func (b *builder) output(name string, rank int) {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = tensor.Unknown
	}
	info := b.info(name, dims)
	for i, d := range info.Type.GetTensorType().Shape.Dim {
		d.Value = &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: fmt.Sprintf("%s_%d", name, i)}
	}
	b.graph.Output = append(b.graph.Output, info)
}

func (b *builder) constant(t *tensor.Tensor) string {
	b.n++
	name := fmt.Sprintf("c%d", b.n)
	b.graph.Initializer = append(b.graph.Initializer, onnx.NewTensor(name, t))
	return name
}

func (b *builder) ints(v ...int64) string { return b.constant(tensor.Of(v, len(v))) }

// weight is a random constant whose products keep a standard deviation of
// about 1.
func (b *builder) weight(shape ...int) string {
	t := tensor.New(tensor.Float32, shape...)
	scale := 1 / math.Sqrt(float64(max(1, t.Elements()/max(1, shape[0]))))
	for i := range tensor.Data[float32](t) {
		tensor.Data[float32](t)[i] = float32(b.r.NormFloat64() * scale)
	}
	return b.constant(t)
}

// positive is a random vector around 1, as a variance.
func (b *builder) positive(n int) string {
	t := tensor.New(tensor.Float32, n)
	for i := range tensor.Data[float32](t) {
		tensor.Data[float32](t)[i] = float32(0.5 + b.r.Float64())
	}
	return b.constant(t)
}

// node appends a node and returns its first output, named out or anew.
func (b *builder) node(op, out string, in []string, attrs ...*onnxpb.AttributeProto) string {
	b.n++
	if out == "" {
		out = fmt.Sprintf("v%d", b.n)
	}
	b.graph.Node = append(b.graph.Node, &onnxpb.NodeProto{OpType: proto.String(op), Name: proto.String(fmt.Sprintf("%s_%d", op, b.n)),
		Input: in, Output: []string{out}, Attribute: attrs})
	return out
}

// split appends a Split along axis into parts, by the input of opset 13 on.
func (b *builder) split(in string, axis int64, sizes ...int64) []string {
	first := b.node("Split", "", []string{in, b.ints(sizes...)}, onnx.IntAttr("axis", axis))
	last := b.graph.Node[len(b.graph.Node)-1]
	last.Output = nil
	for i := range sizes {
		last.Output = append(last.Output, fmt.Sprintf("%s_%d", first, i))
	}
	return last.Output
}

// conv appends a Conv with random weights [out, in/group, k, k], "same" pads
// and a bias.
func (b *builder) conv(in string, inC, outC, k, stride, group int, out string) string {
	p := int64(k / 2)
	return b.node("Conv", out, []string{in, b.weight(outC, inC/group, k, k), b.weight(outC)}, onnx.IntAttr("group", int64(group)),
		intsAttr("pads", p, p, p, p), intsAttr("strides", int64(stride), int64(stride)))
}

func (b *builder) batchNorm(in string, c int, out string) string {
	return b.node("BatchNormalization", out, []string{in, b.positive(c), b.weight(c), b.weight(c), b.positive(c)}, onnx.FloatAttr("epsilon", 1e-3))
}

func (b *builder) swish(in, out string) string {
	return b.node("Mul", out, []string{in, b.node("Sigmoid", "", []string{in})})
}

func (b *builder) model() *onnx.Model {
	return onnx.New(&onnxpb.ModelProto{IrVersion: proto.Int64(8), Graph: b.graph,
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Domain: proto.String(""), Version: proto.Int64(b.opset)}}})
}

// randomInput fills every input of s, unknown dimensions with batch.
func randomInput(s *Session, batch int, seed uint64) Tensors {
	r := rand.New(rand.NewPCG(seed, 99))
	in := Tensors{}
	for _, v := range s.Inputs() {
		shape := v.Shape.Clone()
		for i := range shape {
			if shape[i] == tensor.Unknown {
				shape[i] = batch
			}
		}
		t := tensor.New(v.DType, shape...)
		if v.DType == tensor.Float32 {
			for i := range tensor.Data[float32](t) {
				tensor.Data[float32](t)[i] = float32(r.NormFloat64())
			}
		}
		in[v.Name] = t
	}
	return in
}

func newSession(t testing.TB, m *onnx.Model, o Options) *Session {
	t.Helper()
	s, err := New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// requireClose fails unless all outputs agree within 2e-5 of the largest.
func requireClose(t testing.TB, what string, want, got Tensors) {
	t.Helper()
	if len(want) == 0 || len(want) != len(got) {
		t.Fatalf("%s: %d outputs, want %d", what, len(got), len(want))
	}
	for name, w := range want {
		g := got[name]
		if g == nil || g.DType != w.DType || !g.Shape.Equal(w.Shape) {
			t.Fatalf("%s: output %s: %s, want %s", what, name, describe(g), describe(w))
		}
		if w.DType != tensor.Float32 {
			continue
		}
		most, diff := 0.0, 0.0
		for i, v := range tensor.Data[float32](w) {
			most = max(most, math.Abs(float64(v)))
			diff = max(diff, math.Abs(float64(v)-float64(tensor.Data[float32](g)[i])))
		}
		if !(diff <= 2e-5*most) {
			t.Errorf("%s: output %s differs by %g of %g", what, name, diff, most)
		}
	}
}
