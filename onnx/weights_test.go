package onnx_test

import (
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
)

// TestWeights finds weights of sizes that are powers of two: the sum tells which
// were found, and how often.
func TestWeights(t *testing.T) {
	holds := func(out string, n int) *onnxpb.NodeProto {
		return node("Constant", "", out, onnx.TensorAttr("value", onnx.NewTensor("", tensor.New(tensor.Float32, n))))
	}
	body := graph("", "t", holds("u", 4), node("Add", "u v", "t"))
	body.Initializer = []*onnxpb.TensorProto{onnx.NewTensor("v", tensor.New(tensor.Float32, 8))}
	main := graphWith(onnx.NewTensor("w", tensor.New(tensor.Float32, 1)))
	main.Node = append(main.Node, holds("c", 2), branch("c", "d", body),
		node("f.F", "d", "e"), node("f.F", "e", "f"),
		node("Constant", "", "g", &onnxpb.AttributeProto{Name: ptr("value_floats"), Type: onnxpb.AttributeProto_FLOATS.Enum(), Floats: make([]float32, 32)}),
		node("ConstantOfShape", "g", "h", onnx.TensorAttr("value", onnx.NewTensor("", tensor.New(tensor.Float32, 1024)))))
	m := model(main, function("f.F", "a", "b", "", holds("k", 16), node("Add", "a k", "b")))
	sum := int64(0)
	for tp := range m.Weights() {
		n, _, err := tensor.Size(tensor.DType(tp.GetDataType()), tp.GetDims())
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if sum != 63 {
		t.Errorf("%b", sum)
	}
	for range m.Weights() {
		break
	}
}

func ptr[T any](v T) *T { return &v }
