package runtime

import (
	"context"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

func tensorType(optional, sequence bool) *onnxpb.TypeProto {
	t := &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(1)}}}
	if sequence {
		t = &onnxpb.TypeProto{Value: &onnxpb.TypeProto_SequenceType{SequenceType: &onnxpb.TypeProto_Sequence{ElemType: t}}}
	}
	if optional {
		t = &onnxpb.TypeProto{Value: &onnxpb.TypeProto_OptionalType{OptionalType: &onnxpb.TypeProto_Optional{ElemType: t}}}
	}
	return t
}

func (b *builder) typed(list *[]*onnxpb.ValueInfoProto, name string, t *onnxpb.TypeProto) string {
	*list = append(*list, &onnxpb.ValueInfoProto{Name: proto.String(name), Type: t})
	return name
}

// TestSequencesTakenApart: a network whose sequences have known elements needs
// none: there are no fallbacks, and the results are those of Split and Concat.
func TestSequencesTakenApart(t *testing.T) {
	b := newBuilder(17)
	x := b.input("x", tensor.Unknown, 6, 4, 4)
	int64s := func(v int64) string { return b.constant(tensor.Of([]int64{v})) }
	parts := b.node("SplitToSequence", "", []string{x, int64s(4)}, onnx.IntAttr("axis", 1)) // 4 and 2 channels
	first := b.node("Relu", "", []string{b.node("SequenceAt", "", []string{parts, int64s(0)})})
	last := b.node("Sigmoid", "", []string{b.node("SequenceAt", "", []string{parts, int64s(-1)})})
	s := b.node("SequenceConstruct", "", []string{first, first})
	s = b.node("SequenceErase", "", []string{b.node("SequenceInsert", "", []string{s, last, int64s(-2)}), int64s(1)})
	b.node("ConcatFromSequence", "y", []string{s}, onnx.IntAttr("axis", 1)) // last, first
	b.output("y", 4)
	b.node("ConcatFromSequence", "stacked", []string{b.node("SequenceConstruct", "", []string{first, first})}, onnx.IntAttr("axis", -1), onnx.IntAttr("new_axis", 1))
	b.output("stacked", 5)
	rows := b.node("SplitToSequence", "", []string{x}, onnx.IntAttr("axis", 2), onnx.IntAttr("keepdims", 0))
	b.node("SequenceAt", "row", []string{rows, int64s(2)})
	b.output("row", 3)
	c := b.split(x, 1, 4, 2)
	b.node("Concat", "want y", []string{b.node("Sigmoid", "", c[1:]), b.node("Relu", "", c[:1])}, onnx.IntAttr("axis", 1))
	b.output("want y", 4)
	more := b.node("Unsqueeze", "", []string{b.node("Relu", "", c[:1]), b.ints(-1)})
	b.node("Concat", "want stacked", []string{more, more}, onnx.IntAttr("axis", -1))
	b.output("want stacked", 5)
	b.node("Gather", "want row", []string{x, int64s(2)}, onnx.IntAttr("axis", 2))
	b.output("want row", 3)
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, b.model(), Options{Engine: e})
		out, err := s.Run(context.Background(), randomInput(s, 3, 1))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"y", "stacked", "row"} {
			requireClose(t, e.String(), Tensors{name: out["want "+name]}, Tensors{name: out[name]})
		}
		if fallbacks, err := s.Fallbacks(); e == Planned && (err != nil || len(fallbacks) > 0) {
			t.Errorf("fallbacks %v, error %v", fallbacks, err)
		}
	}
}

// sequenceModel takes a sequence, and gives it with x put in front.
func sequenceModel() *onnx.Model {
	b := newBuilder(17)
	b.typed(&b.graph.Input, "s", tensorType(false, true))
	b.input("x", 2)
	b.node("SequenceInsert", "t", []string{"s", "x", b.ints(0)})
	b.typed(&b.graph.Output, "t", tensorType(false, true))
	return b.model()
}

// TestSequenceValues: a sequence can be an input and an output, which share
// nothing.
func TestSequenceValues(t *testing.T) {
	one, two := tensor.Of([]float32{1}, 1), tensor.Of([]float32{2, 2}, 2)
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, sequenceModel(), Options{Engine: e})
		if got := s.Inputs()[0].String(); got != "s sequence(float32) […]" {
			t.Errorf("input %q", got)
		}
		out, err := s.Run(context.Background(), Tensors{"s": tensor.SequenceOf(tensor.Float32, one), "x": two})
		if err != nil {
			t.Fatal(err)
		}
		list := out["t"].List()
		if len(list) != 2 || !list[0].Shape.Equal(two.Shape) || tensor.Data[float32](list[1])[0] != 1 {
			t.Fatalf("%v: got %v", e, list)
		}
		tensor.Data[float32](list[1])[0] = 9
		if tensor.Data[float32](one)[0] != 1 {
			t.Errorf("%v: an output shares its elements with an input", e)
		}
		into := tensor.SequenceOf(tensor.Float32, nil, nil)
		if err := s.RunInto(context.Background(), Tensors{"s": tensor.SequenceOf(tensor.Float32, one), "x": two}, Tensors{"t": into}); err != nil || into.List()[0].Elements() != 2 {
			t.Errorf("%v: RunInto: %v, error %v", e, into.List(), err)
		}
		for text, wrong := range map[string]*tensor.Tensor{
			"is int64":       tensor.SequenceOf(tensor.Float32, tensor.Of([]int64{1}, 1)),
			"given sequence": tensor.SequenceOf(tensor.Int64),
			"given float32":  two,
			"missing":        nil,
		} {
			if _, err := s.Run(context.Background(), Tensors{"s": wrong, "x": two}); err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%v: error %v, want one with %q", e, err, text)
			}
		}
	}
}

// TestOptional: an optional input may be nil.
func TestOptional(t *testing.T) {
	b := newBuilder(18)
	b.typed(&b.graph.Input, "o", tensorType(true, false))
	has := b.node("OptionalHasElement", "", []string{"o"})
	b.node("If", "y", []string{has}, graphAttr("then_branch", "OptionalGetElement", "a", "o"), graphAttr("else_branch", "Identity", "b", b.constant(tensor.Of([]float32{5}, 1))))
	b.typed(&b.graph.Output, "y", tensorType(false, false))
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, b.model(), Options{Engine: e})
		for want, in := range map[float32]*tensor.Tensor{5: nil, 3: tensor.Of([]float32{3}, 1)} {
			out, err := s.Run(context.Background(), Tensors{"o": in})
			if err != nil {
				t.Fatal(err)
			}
			if got := tensor.Data[float32](out["y"]); len(got) != 1 || got[0] != want {
				t.Errorf("%v: %v, want %v", e, got, want)
			}
		}
	}
	b = newBuilder(18)
	b.typed(&b.graph.Input, "o", tensorType(true, false))
	b.node("Relu", "y", []string{"o"})
	b.typed(&b.graph.Output, "y", tensorType(false, false))
	if _, err := New(b.model(), Options{}); err == nil || !strings.Contains(err.Error(), "optional float32, allowed") {
		t.Errorf("Relu of an optional: error %v", err)
	}
}

// TestSequenceErrors: what only a run tells is an error of the run.
func TestSequenceErrors(t *testing.T) {
	for _, c := range []struct {
		op, text string
		in       []string
	}{
		{"SequenceAt", "position 1 in a sequence of 1 elements", []string{"s", "at"}},
		{"SequenceErase", "position 1 in", []string{"s", "at"}},
		{"SequenceInsert", "position 2 in", []string{"s", "x", "two"}},
		{"ConcatFromSequence", "the sequence is empty", []string{"none"}},
		{"SplitToSequence", "parts of [1], must be 2 together", []string{"x", "list"}},
	} {
		b := newBuilder(17)
		b.typed(&b.graph.Input, "s", tensorType(false, true))
		b.input("x", 2)
		b.graph.Initializer = append(b.graph.Initializer, onnx.NewTensor("at", tensor.Of([]int64{1})), onnx.NewTensor("two", tensor.Of([]int64{2})), onnx.NewTensor("list", tensor.Of([]int64{1}, 1)))
		b.node("SequenceEmpty", "none", nil)
		var attrs []*onnxpb.AttributeProto
		if c.op == "ConcatFromSequence" {
			attrs = append(attrs, onnx.IntAttr("axis", 0))
		}
		b.node(c.op, "y", c.in, attrs...)
		b.typed(&b.graph.Output, "y", nil)
		s, err := New(b.model(), Options{})
		if err == nil {
			_, err = s.Run(context.Background(), Tensors{"s": tensor.SequenceOf(tensor.Float32, tensor.Of([]float32{1}, 1)), "x": tensor.New(tensor.Float32, 2)})
		}
		if err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: error %v, want one with %q", c.op, err, c.text)
		}
	}
}
