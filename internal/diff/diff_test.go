package diff

import (
	"math"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
	"google.golang.org/protobuf/proto"
)

func node(name, op, in, out string, attributes ...*onnxpb.AttributeProto) *onnxpb.NodeProto {
	return &onnxpb.NodeProto{Name: &name, OpType: &op, Input: strings.Fields(in), Output: strings.Fields(out), Attribute: attributes}
}

// model is a model of these nodes with weights w0 … of one element each.
func model(weights map[string]float32, nodes ...*onnxpb.NodeProto) *onnx.Model {
	value := func(name string) *onnxpb.ValueInfoProto {
		dim := &onnxpb.TensorShapeProto_Dimension{Value: &onnxpb.TensorShapeProto_Dimension_DimValue{DimValue: 2}}
		return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{
			ElemType: proto.Int32(1), Shape: &onnxpb.TensorShapeProto{Dim: []*onnxpb.TensorShapeProto_Dimension{dim}}}}}}
	}
	g := &onnxpb.GraphProto{Name: proto.String("g"), Node: nodes, Input: []*onnxpb.ValueInfoProto{value("x")}, Output: []*onnxpb.ValueInfoProto{value("y")}}
	for _, name := range names(weights, nil) {
		g.Initializer = append(g.Initializer, onnx.NewTensor(name, tensor.Of([]float32{weights[name]}, 1)))
	}
	return onnx.New(&onnxpb.ModelProto{IrVersion: proto.Int64(8), Graph: g, OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: proto.Int64(17)}}})
}

func compare(t *testing.T, a, b *onnx.Model) *Result {
	t.Helper()
	r, err := Compare(t.Context(), &Side{Path: "a", Model: a, Weights: ModelWeights(a)}, &Side{Path: "b", Model: b, Weights: ModelWeights(b)}, verify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRenamed: nodes and weights under other names are found by what they do and where
// they stand, and what was put between them is the only node that is new.
func TestRenamed(t *testing.T) {
	a := model(map[string]float32{"w": 2, "v": 3}, node("first", "Mul", "x w", "p"), node("second", "Add", "p v", "y"))
	b := model(map[string]float32{"w2": 2, "v2": 4}, node("erste", "Mul", "x w2", "q"), node("neu", "Relu", "q", "r"), node("zweite", "Add", "r v2", "y"))
	r := compare(t, a, b)
	s := r.Structure
	if len(s.Renamed) != 2 || len(s.OnlyA) != 0 || len(s.OnlyB) != 1 || s.OnlyB[0].Op != "Relu" {
		t.Errorf("%+v", s)
	}
	if len(s.Changed) != 1 || s.Changed[0].Name != "second" || s.Changed[0].Changes[0] != (Change{"inputs", "p, v", "r, v2"}) {
		t.Errorf("changed: %+v", s.Changed)
	}
	w := r.Weights
	if w.Compared != 2 || w.Equal != 1 || len(w.Differ) != 1 || w.Differ[0].NameB != "v2" || w.MaxAbs != 1 || w.MaxRel != 0.25 {
		t.Errorf("weights: %+v", w)
	}
	if r.Same || r.Outputs.Same || r.Outputs.Problem != "" {
		t.Errorf("outputs: %+v", r.Outputs)
	}
}

// TestAttributes: what is stored otherwise is the same, what a list's text leaves out is not.
func TestAttributes(t *testing.T) {
	long := make([]int64, 200)
	other := make([]int64, 200)
	other[150] = 1
	typed := &onnxpb.TensorProto{DataType: proto.Int32(1), Dims: []int64{1}, FloatData: []float32{2}}
	raw := onnx.NewTensor("", tensor.Of([]float32{2}, 1))
	with := func(list []int64, value *onnxpb.TensorProto) *onnx.Model {
		return model(nil, node("c", "Constant", "", "k", onnx.TensorAttr("value", value)), node("n", "Add", "x k", "y", onnx.IntsAttr("list", list)))
	}
	if r := match(with(long, typed), with(long, raw)).structure(); !r.Same {
		t.Errorf("typed and raw differ: %+v", r)
	}
	r := match(with(long, raw), with(other, raw)).structure()
	if len(r.Changed) != 1 || r.Changed[0].Changes[0].What != "attribute list" {
		t.Errorf("element 150: %+v", r)
	}
}

func TestWeights(t *testing.T) {
	nan := float32(math.NaN())
	side := func(list ...Weight) *Side { return &Side{Path: "x", Weights: list} }
	one := func(t *tensor.Tensor) *Side { return side(TensorWeight("w", t)) }
	for name, test := range map[string]struct {
		a, b *Side
		same bool
		note string
	}{
		"equal":          {one(tensor.Of([]float32{1, 2}, 2)), one(tensor.Of([]float32{1, 2}, 2)), true, ""},
		"NaN in both":    {one(tensor.Of([]float32{1, nan}, 2)), one(tensor.Of([]float32{1, nan}, 2)), true, ""},
		"NaN in one":     {one(tensor.Of([]float32{1, nan}, 2)), one(tensor.Of([]float32{1, 2}, 2)), false, "1 elements are NaN or infinite"},
		"shape":          {one(tensor.Of([]float32{1, 2}, 2)), one(tensor.Of([]float32{1, 2}, 1, 2)), false, "the shapes differ"},
		"type":           {one(tensor.Of([]float32{1, 2}, 2)), one(tensor.Of([]float64{1, 2}, 2)), false, "the types differ"},
		"in tolerance":   {one(tensor.Of([]float32{1, 2, 0, 0}, 2, 2)), one(tensor.Of([]float32{1, 2, 0, 0.1}, 2, 2)), true, ""},
		"beyond it":      {one(tensor.Of([]float32{1, 2}, 2)), one(tensor.Of([]float32{1, 3}, 2)), false, ""},
		"text":           {one(tensor.Of([]string{"a"}, 1)), one(tensor.Of([]string{"b"}, 1)), false, "string and string cannot be compared"},
		"not readable":   {side(Weight{Name: "w", Shape: tensor.Shape{1}}), one(tensor.Of([]float32{1}, 1)), false, "the elements cannot be read"},
		"nothing stored": {side(), side(), true, ""},
	} {
		w, err := compareWeights(t.Context(), test.a, test.b, nil, verify.Tolerance{Rel: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		note := ""
		if len(w.Differ) > 0 {
			note = w.Differ[0].Note
		}
		if w.Same != test.same || note != test.note {
			t.Errorf("%s: same %t, %q", name, w.Same, note)
		}
	}
}

func TestApart(t *testing.T) {
	long := strings.Repeat("x", 200)
	a, b := apart(long+"a", long+"b")
	if a == b || !strings.HasPrefix(a, "…") || len(a) > 80 {
		t.Errorf("%q and %q", a, b)
	}
	if a, b := apart("", "é"+long); a != "none" || !strings.HasSuffix(b, "…") {
		t.Errorf("%q and %q", a, b)
	}
}

// TestSameNaN: a model that computes NaN and infinities is the same as itself.
func TestSameNaN(t *testing.T) {
	a := model(nil, node("n", "Log", "x", "l"), node("m", "Div", "l x", "p"), node("k", "Sub", "x x", "z"), node("d", "Div", "p z", "y"))
	if r := compare(t, a, a); !r.Same || r.Outputs.Values[0].NaN == 0 || r.Outputs.Values[0].MaxAbs != 0 {
		t.Errorf("%+v", r.Outputs)
	}
	b := model(nil, node("n", "Log", "x", "l"), node("m", "Div", "l x", "p"), node("k", "Sub", "x x", "z"), node("d", "Add", "p z", "y"))
	if r := compare(t, a, b); r.Same || r.Outputs.Same {
		t.Errorf("%+v", r.Outputs)
	}
}

// TestOtherExporter: the only output is compared whatever its name, and nodes of other
// names and attributes are paired by the shapes of their weights.
func TestOtherExporter(t *testing.T) {
	a := model(map[string]float32{"w": 2}, node("mul", "Mul", "x w", "y"))
	b := model(map[string]float32{"v": 2}, node("autre", "Mul", "in v", "out"))
	g := b.Proto.Graph
	g.Input[0].Name, g.Output[0].Name = proto.String("in"), proto.String("out")
	r := compare(t, a, b)
	if o := r.Outputs; !o.Same || len(o.Values) != 1 || o.Values[0].Name != "y" || r.Weights.Equal != 1 {
		t.Errorf("%+v, weights %+v", o, r.Weights)
	}
	conv := func(name, in, weight, out string, attributes ...*onnxpb.AttributeProto) *onnxpb.NodeProto {
		return node(name, "Conv", in+" "+weight, out, attributes...)
	}
	group := &onnxpb.AttributeProto{Name: proto.String("group"), Type: onnxpb.AttributeProto_INT.Enum(), I: proto.Int64(1)}
	a = model(nil, conv("one", "x", "w1", "p"), conv("two", "p", "w2", "y"))
	b = model(nil, conv("eins", "x", "v1", "q", group), conv("zwei", "q", "v2", "y", group))
	for i, m := range []*onnx.Model{a, b} {
		letter := []string{"w", "v"}[i]
		m.Proto.Graph.Initializer = []*onnxpb.TensorProto{
			onnx.NewTensor(letter+"1", tensor.Of(make([]float32, 3), 1, 1, 3)), onnx.NewTensor(letter+"2", tensor.Of(make([]float32, 5), 1, 1, 5))}
	}
	r = compare(t, a, b)
	if w := r.Weights; w.Compared != 2 || w.Equal != 2 || len(r.Structure.Renamed) != 2 || len(r.Structure.Changed) != 2 {
		t.Errorf("convolutions: %+v, weights %+v", r.Structure, w)
	}
}
