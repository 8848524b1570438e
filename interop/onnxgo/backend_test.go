package onnxgo_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/interop/onnxgo"
	ownonnx "github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	own "github.com/mixconv/mixconv/tensor"
	"github.com/owulveryck/onnx-go"
	"google.golang.org/protobuf/proto"
	"gorgonia.org/tensor"
)

// file is a model of input x and output y, both float32 of any shape.
func file(opset int64, initializers []*onnxpb.TensorProto, nodes ...*onnxpb.NodeProto) []byte {
	value := func(name string) *onnxpb.ValueInfoProto {
		return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{
			TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(own.Float32))}}}}
	}
	data, err := ownonnx.New(&onnxpb.ModelProto{IrVersion: proto.Int64(8),
		Graph: &onnxpb.GraphProto{Name: proto.String("g"), Node: nodes, Initializer: initializers,
			Input: []*onnxpb.ValueInfoProto{value("x")}, Output: []*onnxpb.ValueInfoProto{value("y")}},
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: proto.Int64(opset)}}}).Encode()
	if err != nil {
		log.Fatal(err)
	}
	return data
}

func node(op string, in, out []string, attributes ...*onnxpb.AttributeProto) *onnxpb.NodeProto {
	return &onnxpb.NodeProto{OpType: proto.String(op), Input: in, Output: out, Attribute: attributes}
}

// of runs a model on x.
func of(backend *onnxgo.Graph, model *onnx.Model, x *tensor.Dense) ([]float64, error) {
	if err := model.SetInput(0, x); err != nil {
		return nil, err
	}
	if err := backend.Run(); err != nil {
		return nil, err
	}
	out, err := model.GetOutputTensors()
	if err != nil || out[0] == nil {
		return nil, errors.Join(err, errors.New("no output"))
	}
	return numbers(out[0]), nil
}

func vector(v ...float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(len(v)), tensor.WithBacking(v))
}

// TestForms has what onnx-go hands over in forms of its own: an input used
// twice, nodes without inputs, optional inputs and outputs that are left out,
// scalars, and integers.
func TestForms(t *testing.T) {
	scalar := ownonnx.NewTensor("two", own.Of([]float32{2}))
	for name, c := range map[string]struct {
		file []byte
		want []float64
	}{
		"used twice":    {file(13, nil, node("Mul", []string{"x", "x"}, []string{"y"})), []float64{1, 4, 9}},
		"in that order": {file(13, nil, node("Neg", []string{"x"}, []string{"n"}), node("Sub", []string{"n", "x"}, []string{"y"})), []float64{-2, -4, -6}},
		"no inputs": {file(13, nil, node("Constant", nil, []string{"c"}, ownonnx.TensorAttr("value", ownonnx.NewTensor("", own.Of([]float32{1, 0, 5}, 3)))),
			node("Constant", nil, []string{"d"}, ownonnx.FloatAttr("value_float", 2)),
			node("Add", []string{"x", "c"}, []string{"s"}), node("Mul", []string{"s", "d"}, []string{"y"})), []float64{4, 4, 16}},
		"a scalar":        {file(13, []*onnxpb.TensorProto{scalar}, node("Mul", []string{"x", "two"}, []string{"y"})), []float64{2, 4, 6}},
		"no lower bound":  {file(13, []*onnxpb.TensorProto{scalar}, node("Clip", []string{"x", "", "two"}, []string{"y"})), []float64{1, 2, 2}},
		"integers":        {file(13, []*onnxpb.TensorProto{ownonnx.NewTensor("at", own.Of([]int64{2, 0}, 2))}, node("Gather", []string{"x", "at"}, []string{"y"})), []float64{3, 1}},
		"a later output":  {file(13, []*onnxpb.TensorProto{ownonnx.NewTensor("k", own.Of([]int64{2}, 1))}, node("TopK", []string{"x", "k"}, []string{"", "i"}), node("Cast", []string{"i"}, []string{"y"}, ownonnx.IntAttr("to", 1))), []float64{2, 1}},
		"lists and words": {file(12, nil, node("Unsqueeze", []string{"x"}, []string{"u"}, ownonnx.IntsAttr("axes", []int64{0, 1})), node("ReduceSum", []string{"u"}, []string{"y"}, ownonnx.IntsAttr("axes", []int64{2}))), []float64{6}},
		"before opset 7":  {file(6, []*onnxpb.TensorProto{ownonnx.NewTensor("b", own.Of([]float32{1}, 1))}, node("Add", []string{"x", "b"}, []string{"y"}, ownonnx.IntAttr("broadcast", 1))), []float64{2, 3, 4}},
		"one of two ends": {file(13, nil, node("Abs", []string{"x"}, []string{"y"}), node("Log", []string{"y"}, []string{"unused"})), []float64{1, 2, 3}},
	} {
		backend, model := decoded(t, c.file)
		got, err := of(backend, model, vector(1, 2, 3))
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}
	}
}

// TestRuns: inputs may change in value, size and rank, and be changed in place.
func TestRuns(t *testing.T) {
	backend, model := decoded(t, file(13, nil, node("Neg", []string{"x"}, []string{"y"})))
	if _, err := of(backend, model, vector(1, 2)); err != nil {
		t.Fatal(err)
	}
	x := vector(3, 4, 5)
	matrix := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{1, 2, 3, 4}))
	for _, c := range []struct {
		x    *tensor.Dense
		want []float64
	}{{x, []float64{-3, -4, -5}}, {matrix, []float64{-1, -2, -3, -4}}, {x, []float64{-3, -4, -5}}} {
		got, err := of(backend, model, c.x)
		if err != nil || len(got) != len(c.want) || got[0] != c.want[0] {
			t.Errorf("%v, %v, want %v", got, err, c.want)
		}
	}
	copy(x.Data().([]float32), []float32{7, 8, 9})
	if err := backend.Run(); err != nil {
		t.Fatal(err)
	}
	if out, err := model.GetOutputTensors(); err != nil || numbers(out[0])[0] != -7 {
		t.Errorf("%v, %v, want the input's new values", out, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := backend.RunContext(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the cancellation", err)
	}
}

// TestOpset: where the opset decides on the result it must be told, and then
// does.
func TestOpset(t *testing.T) {
	x := tensor.New(tensor.WithShape(1, 2, 2), tensor.WithBacking([]float32{3, 3, 3, 3}))
	data := file(9, nil, node("Softmax", []string{"x"}, []string{"y"}))
	for opset, want := range map[int]float64{9: 0.25, 12: 0.25, 13: 0.5, 17: 0.5} {
		backend, model := decoded(t, data)
		if _, err := of(backend, model, x); err == nil || !strings.Contains(err.Error(), "Softmax y gives another result since opset 13") {
			t.Errorf("%v, want to be asked for the opset", err)
		}
		backend.Opset = opset
		if got, err := of(backend, model, x); err != nil || got[0] != want {
			t.Errorf("opset %d: %v, %v, want %g", opset, got, err, want)
		}
	}
	backend, model := decoded(t, data)
	if got, err := of(backend, model, tensor.New(tensor.WithShape(1, 2), tensor.WithBacking([]float32{3, 3}))); err != nil || got[0] != 0.5 {
		t.Errorf("%v, %v: of a matrix both meanings are one", got, err)
	}
}

// TestErrors: everything that is missing comes at once, nothing panics.
func TestErrors(t *testing.T) {
	backend, model := decoded(t, file(13, nil,
		node("Shrug", []string{"x"}, []string{"a"}), node("Relu", []string{"a"}, []string{"b"}), node("Wink", []string{"b"}, []string{"y"})))
	_, err := of(backend, model, vector(1))
	var unsupported *errs.UnsupportedError
	if !errors.As(err, &unsupported) || len(unsupported.Items) != 2 || unsupported.Items[0].Node != "a" || unsupported.Items[1].Op != "Wink" {
		t.Errorf("%v, want two operators", err)
	}
	// An attribute whose type the file leaves out, as it may before IR 4.
	untyped := ownonnx.IntAttr("axis", 0)
	untyped.Type = nil
	backend, model = decoded(t, file(13, nil, node("Softmax", []string{"x"}, []string{"y"}, untyped)))
	if _, err := of(backend, model, vector(1)); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "attribute axis") {
		t.Errorf("%v, want the attribute", err)
	}
	if err := onnxgo.NewGraph().Run(); err == nil {
		t.Error("an empty graph runs")
	}
	backend, model = decoded(t, file(13, nil, node("Add", []string{"x", "nowhere"}, []string{"y"})))
	if _, err := of(backend, model, vector(1)); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("%v, want the missing value", err)
	}
	backend, model = decoded(t, file(13, nil, node("Neg", []string{"x"}, []string{"y"})))
	if _, err := of(backend, model, tensor.New(tensor.WithBacking([]int{1, 2}))); err == nil || !strings.Contains(err.Error(), "int") {
		t.Errorf("%v, want the type", err)
	}
	if _, err := of(backend, model, vector(1, 2)); err != nil {
		t.Errorf("%v: a wrong input spoils the runs after it", err)
	}
}

// TestRefused has what onnx-go does not decode itself, with an error or a panic:
// when one of these passes, README.md is to say so.
func TestRefused(t *testing.T) {
	decodes := func(file []byte) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		return onnx.NewModel(onnxgo.NewGraph()).UnmarshalBinary(file)
	}
	outside := &onnxpb.TensorProto{Name: proto.String("w"), DataType: proto.Int32(1), Dims: []int64{1}, DataLocation: onnxpb.TensorProto_EXTERNAL.Enum(),
		ExternalData: []*onnxpb.StringStringEntryProto{{Key: proto.String("location"), Value: proto.String("w.bin")}}}
	weights := map[string]*onnxpb.TensorProto{
		"external data": outside,
		"no elements":   ownonnx.NewTensor("w", own.New(own.Float32, 0)),
	}
	for _, d := range []own.DType{own.Float16, own.BFloat16, own.Int8, own.Uint8, own.Int16, own.Uint16, own.Bool} {
		weights[d.String()] = ownonnx.NewTensor("w", own.New(d, 1))
	}
	for name, w := range weights {
		if decodes(file(13, []*onnxpb.TensorProto{w}, node("Identity", []string{"x"}, []string{"y"}))) == nil {
			t.Errorf("%s: decoded", name)
		}
	}
	branch := &onnxpb.GraphProto{Name: proto.String("b")}
	if decodes(file(13, nil, node("If", []string{"x"}, []string{"y"}, ownonnx.GraphAttr("then_branch", branch)))) == nil {
		t.Error("a graph in an attribute: decoded")
	}
}
