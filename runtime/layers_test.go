package runtime_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// TestLayers: the layers of MixNet-S add up to what Survey says, in both forms, and the
// windows and receptive fields are those of the paper's blocks.
func TestLayers(t *testing.T) {
	n, err := convert.Named("mixnet-s")
	if err != nil {
		t.Fatal(err)
	}
	weights := convert.Random(n, 1)
	for _, form := range []convert.Form{convert.Split, convert.Fused} {
		m, err := convert.Lower(n, weights, convert.Options{MDConv: form, ImageSize: 224})
		if err != nil {
			t.Fatal(err)
		}
		s, err := runtime.Survey(m, runtime.Options{})
		if err != nil {
			t.Fatal(err)
		}
		layers, err := runtime.Layers(m, nil, runtime.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var params, macs, bytes int64
		kernels := map[string][]int{}
		for _, l := range layers {
			params, macs, bytes = params+l.Params, macs+l.MACs, bytes+l.Bytes
			for _, w := range l.Windows {
				kernels[l.Name] = append(kernels[l.Name], w.Kernel[0])
			}
			if l.Shape == nil || l.Bytes == 0 {
				t.Errorf("%s %s: shape %s, %d bytes", l.Op, l.Name, l.Shape, l.Bytes)
			}
		}
		if params != s.Params || macs != s.MACs || bytes < 1<<20 {
			t.Errorf("%s: %d parameters, %d multiply-adds, %d bytes; in all %d and %d", form, params, macs, bytes, s.Params, s.MACs)
		}
		if form == convert.Fused {
			found := slices.ContainsFunc(layers, func(l runtime.Layer) bool { return slices.Equal(kernels[l.Name], []int{3, 5, 7, 9, 11}) })
			if !found {
				t.Error("no MDConv of kernels 3 to 11")
			}
		}
		// stem 3×3/2, block 0 3×3, block 1 3×3/2 of MixNet-S
		var fields []int
		for _, l := range layers {
			if len(l.Windows) > 0 && len(l.Field) == 2 && (len(fields) == 0 || l.Field[0] > fields[len(fields)-1]) {
				fields = append(fields, l.Field[0])
			}
		}
		if len(fields) < 4 || !slices.Equal(fields[:3], []int{3, 7, 11}) {
			t.Errorf("%s: receptive fields %v", form, fields)
		}
		if last := layers[len(layers)-1]; !last.Whole {
			t.Errorf("the last layer sees %v of the input", last.Field)
		}
		session, err := runtime.New(m, runtime.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if peak, err := session.PlanBytes(); err != nil || peak < 4*3*224*224 || peak > bytes {
			t.Errorf("plan of %d bytes, values of %d: %v", peak, bytes, err)
		}
	}
}

// TestLayersOpen: open dimensions stay open, unless shapes tell them.
func TestLayersOpen(t *testing.T) {
	dim := func() *onnxpb.TensorShapeProto_Dimension { return &onnxpb.TensorShapeProto_Dimension{} }
	value := func(name string) *onnxpb.ValueInfoProto {
		return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{
			ElemType: proto.Int32(1), Shape: &onnxpb.TensorShapeProto{Dim: []*onnxpb.TensorShapeProto_Dimension{dim(), dim()}}}}}}
	}
	with := func(op string) *onnx.Model {
		return onnx.New(&onnxpb.ModelProto{IrVersion: proto.Int64(8), OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: proto.Int64(17)}}, Graph: &onnxpb.GraphProto{
			Name: proto.String("g"), Input: []*onnxpb.ValueInfoProto{value("x")}, Output: []*onnxpb.ValueInfoProto{value("y")},
			Node: []*onnxpb.NodeProto{{OpType: proto.String(op), Input: []string{"x"}, Output: []string{"y"}}},
		}})
	}
	layers, err := runtime.Layers(with("Relu"), nil, runtime.Options{})
	if err != nil || !layers[0].Shape.Equal(tensor.Shape{1, tensor.Unknown}) || layers[0].Bytes != 0 {
		t.Errorf("%+v, %v", layers, err)
	}
	layers, err = runtime.Layers(with("Relu"), runtime.Shapes{"x": {2, 3}}, runtime.Options{})
	if err != nil || layers[0].Bytes != 24 {
		t.Errorf("%+v, %v", layers, err)
	}
	if _, err = runtime.Layers(with("Relu"), runtime.Shapes{"z": {2, 3}}, runtime.Options{}); err == nil {
		t.Error("a shape for no input")
	}
	var unsupported *errs.UnsupportedError
	if _, err = runtime.Layers(with("Nowhere"), nil, runtime.Options{}); !errors.As(err, &unsupported) {
		t.Errorf("unsupported: %v", err)
	}
}
