package runtime

import (
	"context"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// graphAttr is a graph of one node with no inputs of its own: out = op(in…).
func graphAttr(name, op, out string, in ...string) *onnxpb.AttributeProto {
	kind := onnxpb.AttributeProto_GRAPH
	return &onnxpb.AttributeProto{Name: proto.String(name), Type: &kind, G: &onnxpb.GraphProto{
		Name:   proto.String(name),
		Node:   []*onnxpb.NodeProto{{OpType: proto.String(op), Input: in, Output: []string{out}}},
		Output: []*onnxpb.ValueInfoProto{{Name: proto.String(out)}},
	}}
}

// TestIf: a branch sees the values around it; an If whose condition is known is
// its branch, and needs no step of its own.
func TestIf(t *testing.T) {
	for _, known := range []bool{false, true} {
		b := newBuilder(17)
		x := b.input("x", 2)
		relu := b.node("Relu", "", []string{x})
		cond := b.constant(tensor.Of([]bool{true}))
		in := Tensors{"x": tensor.Of([]float32{-3, 2}, 2)}
		if !known {
			total := b.node("ReduceSum", "", []string{x}, onnx.IntAttr("keepdims", 0))
			cond = b.node("Less", "", []string{total, b.constant(tensor.Of([]float32{0}))})
		}
		b.node("If", "y", []string{cond}, graphAttr("then_branch", "Sub", "a", relu, x), graphAttr("else_branch", "Neg", "b", x))
		b.output("y", 1)
		for _, e := range []Engine{Planned, Reference} {
			s, err := New(b.model(), Options{Engine: e})
			if err != nil {
				t.Fatal(err)
			}
			out, err := s.Run(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if got := tensor.Data[float32](out["y"]); got[0] != 3 || got[1] != 0 {
				t.Errorf("known %v, %v: %v, want [3 0]", known, e, got)
			}
			fallbacks, err := s.Fallbacks()
			if known && e == Planned && (err != nil || len(fallbacks) > 0) {
				t.Errorf("fallbacks %v, error %v", fallbacks, err)
			}
		}
	}
}

// TestOldBroadcast: before opset 7 the second operand is placed by an axis.
func TestOldBroadcast(t *testing.T) {
	b := newBuilder(6)
	b.node("Add", "y", []string{b.input("x", 1, 2, 2), b.constant(tensor.Of([]float32{10, 20}, 2))}, onnx.IntAttr("broadcast", 1), onnx.IntAttr("axis", 1))
	b.output("y", 3)
	for _, e := range []Engine{Planned, Reference} {
		s, err := New(b.model(), Options{Engine: e})
		if err != nil {
			t.Fatal(err)
		}
		out, err := s.Run(context.Background(), Tensors{"x": tensor.New(tensor.Float32, 1, 2, 2)})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float32{10, 10, 20, 20} {
			if got := tensor.Data[float32](out["y"])[i]; got != want {
				t.Errorf("%v: element %d is %v, want %v", e, i, got, want)
			}
		}
	}
}
