package runtime

import (
	"context"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// forked is a model of two outputs behind one convolution. far takes an element
// of the picture at the index that the second input has, and so fails in a run
// if that is out of range.
func forked() *onnx.Model {
	b := newBuilder(13)
	x, at := b.input("x", -1, 8, 6, 6), b.input("at", 1)
	b.graph.Input[1].GetType().GetTensorType().ElemType = proto.Int32(int32(tensor.Int64))
	conv := b.conv(x, 8, 8, 3, 1, 1, "early")
	b.node("Relu", "near", []string{conv})
	b.node("Gather", "far", []string{b.conv(conv, 8, 8, 3, 1, 1, ""), at}, onnx.IntAttr("axis", 1))
	b.output("near", 4)
	b.output("far", 4)
	b.output("early", 4)
	return b.model()
}

func forkedInput(s *Session, index int64) Tensors {
	in := randomInput(s, 2, 5)
	in["at"] = tensor.Of([]int64{index}, 1)
	return in
}

// TestOutputs: outputs that are not asked for are not computed, by either
// engine, neither by Run nor by RunInto. The proof is one whose computation
// fails.
func TestOutputs(t *testing.T) {
	ctx := context.Background()
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, forked(), Options{Engine: e})
		good, bad := forkedInput(s, 3), forkedInput(s, 99)
		all, err := s.Run(ctx, good)
		if err != nil || len(all) != 3 {
			t.Fatalf("%v: %d outputs, %v", e, len(all), err)
		}
		if _, err := s.Run(ctx, bad); err == nil {
			t.Fatalf("%v: an index out of range is no error", e)
		}
		if _, err := s.Run(ctx, bad, "far"); err == nil {
			t.Fatalf("%v: an index out of range is no error", e)
		}
		got, err := s.Run(ctx, bad, "near")
		if err != nil {
			t.Fatalf("%v: near alone: %v", e, err)
		}
		requireClose(t, "near alone", Tensors{"near": all["near"]}, got)
		into := Tensors{"early": tensor.New(tensor.Float32, 2, 8, 6, 6), "near": tensor.New(tensor.Float32, 2, 8, 6, 6)}
		if err := s.RunInto(ctx, bad, into); err != nil {
			t.Fatalf("%v: near and early: %v", e, err)
		}
		requireClose(t, "near and early", Tensors{"near": all["near"], "early": all["early"]}, into)
		if got, err = s.Run(ctx, good, "far", "near", "far"); err != nil || len(got) != 2 {
			t.Fatalf("%v: far and near: %d outputs, %v", e, len(got), err)
		}
	}
}

// TestOutputsSteps: what is prepared for one output is what it would be if the
// model had no other: an output that nobody asks for does not keep its value
// from being fused away.
func TestOutputsSteps(t *testing.T) {
	alone := forked()
	alone.Proto.Graph.Output = alone.Proto.Graph.Output[:1]
	steps := func(m *onnx.Model, o Options, outputs ...string) int {
		s := newSession(t, m, o)
		if _, err := s.Run(context.Background(), forkedInput(s, 0), outputs...); err != nil {
			t.Fatal(err)
		}
		switch p := s.cache.slots[0].prepared.(type) {
		case *planned:
			return len(p.plan.Steps)
		case *interpreted:
			return len(p.graph.Nodes)
		}
		return 0
	}
	for _, o := range []Options{{}, {Engine: Reference}, {Layers: true}, {Engine: Reference, Layers: true}} {
		least := steps(alone, Options{Engine: o.Engine})
		if got := steps(forked(), o, "near"); got != least {
			t.Errorf("%+v: %d steps for one output, %d if it is the only one", o, got, least)
		}
		if all := steps(forked(), o); all <= least {
			t.Errorf("%+v: %d steps for all outputs, %d for one", o, all, least)
		}
	}
}

// TestNothingShared: outputs that are constants or inputs are the caller's own.
func TestNothingShared(t *testing.T) {
	b := newBuilder(13)
	x := b.input("x", 2)
	b.node("Identity", "copy", []string{x})
	b.node("Identity", "known", []string{b.constant(tensor.Of([]float32{1, 2}, 2))})
	b.output("copy", 1)
	b.output("known", 1)
	b.graph.Output = append(b.graph.Output, b.info("x", []int{2}))
	for _, e := range []Engine{Planned, Reference} {
		s := newSession(t, b.model(), Options{Engine: e})
		in := Tensors{"x": tensor.Of([]float32{3, 4}, 2)}
		for range 2 {
			out, err := s.Run(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]float32{"x": 3, "copy": 3, "known": 1} {
				if got := tensor.Data[float32](out[name]); got[0] != want {
					t.Errorf("%v: %s is %v, want %v", e, name, got, want)
				} else {
					got[0] = 77
				}
			}
		}
	}
}
