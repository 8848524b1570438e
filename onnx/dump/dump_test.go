package dump_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestDumpGolden(t *testing.T) {
	const golden = "../testdata/dtypes.txt"
	m, err := onnx.ReadFile("../testdata/dtypes.onnx", noLimits)
	if err != nil {
		t.Fatal(err)
	}
	got := dumped(t, m)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("dump of dtypes.onnx (-want +got):\n%s", diff)
	}
}

func TestDumpEverything(t *testing.T) {
	large := tensor.New(tensor.Float32, 3, 3)
	f := function("f.F", "a", "b", "k", node("Op", "a", "b", onnx.RefAttr("axis", "k", onnxpb.AttributeProto_INT)))
	f.AttributeProto = []*onnxpb.AttributeProto{onnx.FloatAttr("eps", 0.001)}
	g := graph("x", "y",
		named("first node", node("f.F", "x", "t", onnx.IntAttr("k", -1))),
		node("Op", "t _", "y",
			onnx.TensorAttr("value", onnx.NewTensor("", large)),
			onnx.StringsAttr("s", []string{"a", "\x1b"}),
			onnx.FloatsAttr("f", []float32{1, 0.1}),
			onnx.IntsAttr("ints", make([]int64, 70)),
			onnx.GraphAttr("body", inner("x", "u")),
			&onnxpb.AttributeProto{Name: proto.String("tp"), Type: onnxpb.AttributeProto_TYPE_PROTO.Enum(), Tp: &onnxpb.TypeProto{
				Value: &onnxpb.TypeProto_SequenceType{SequenceType: &onnxpb.TypeProto_Sequence{ElemType: value("").Type}}}}))
	g.Initializer = []*onnxpb.TensorProto{externalTensor(onnx.NewTensor("w", tensor.New(tensor.Float32, 4)), "location=w.bin", "offset=8"), {Name: proto.String("bad"), Dims: []int64{-1}}}
	g.ValueInfo = []*onnxpb.ValueInfoProto{{Name: proto.String("t"), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{
		ElemType: proto.Int32(1), Shape: &onnxpb.TensorShapeProto{Dim: []*onnxpb.TensorShapeProto_Dimension{
			{Value: &onnxpb.TensorShapeProto_Dimension_DimParam{DimParam: "N"}},
			{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: 3}}, {}}}}}}}}
	m := model(g, f)
	m.SetMetadata("key", "two\nlines")
	want := `ir_version 10
opset ai.onnx 17
opset f 1
metadata key = "two\nlines"
function f.F (a) -> (b)
  opset ai.onnx 17
  opset f 1
  attribute k
  attribute eps=0.001
  node b = Op(a) axis=@k
graph g
  input x float32[…]
  output y float32[…]
  initializer w float32[4] external w.bin offset 8
  initializer bad malformed
  value t float32[N,3,?]
  node t = f.F(x) k=-1 # "first node"
  node y = Op(t, "") body=graph f=[1,0.1] ints=[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,… 70 values] s=["a","\x1b"] tp=sequence(float32[…]) value=float32[3,3] sha256:6db65fd59fd356f6
    body = graph g
      output u float32[…]
      node u = Relu(x)
`
	if diff := cmp.Diff(want, dumped(t, m)); diff != "" {
		t.Errorf("dump (-want +got):\n%s", diff)
	}
}
