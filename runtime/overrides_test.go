package runtime

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// TestDefaults gives and leaves out inputs that have a default, in turns, on one
// session.
func TestDefaults(t *testing.T) {
	none := readArrays(t, "testdata/cases/input-with-default/conv-both.input.npz")
	want := readArrays(t, "testdata/cases/input-with-default/conv-both.expected.npz")
	for _, e := range []Engine{Planned, Reference} {
		s, err := Load("testdata/cases/input-with-default/conv-both.onnx", Options{Engine: e})
		if err != nil {
			t.Fatal(err)
		}
		if in, given := fmt.Sprint(s.Inputs()), fmt.Sprint(s.Defaults()); in != "[x float32 [n,3,6,6]]" || given != "[w float32 [4,3,3,3] b float32 [4]]" {
			t.Errorf("inputs %s, with a default %s", in, given)
		}
		plain := Tensors{"x": none["x"]}
		first, err := s.Run(context.Background(), plain)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for _, in := range []Tensors{none, plain, {"x": none["x"], "b": none["b"]}, {"x": none["x"], "w": none["w"]}} {
					got, err := s.Run(context.Background(), in)
					if err != nil {
						t.Error(err)
						return
					}
					switch len(in) {
					case 1:
						if err := differ(got["y"], first["y"]); err != nil {
							t.Errorf("%v, none given: %v", e, err)
						}
					case 3:
						if err := differ(got["y"], want["y"]); err != nil {
							t.Errorf("%v, both given: %v", e, err)
						}
					}
				}
			})
		}
		group.Wait()
		if n := len(s.variants.made); n != 3 {
			t.Errorf("%d variants", n)
		}
	}
}

// TestDefaultsSteady holds that runs which give an input with a default allocate
// nothing either.
func TestDefaultsSteady(t *testing.T) {
	in := readArrays(t, "testdata/cases/input-with-default/scale.input.npz")
	s, err := Load("testdata/cases/input-with-default/scale.onnx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(20, func() { err = s.RunInto(context.Background(), in, out) }); n != 0 || err != nil {
		t.Errorf("%v allocations, error %v", n, err)
	}
}

func TestWrongInputs(t *testing.T) {
	x, w := tensor.New(tensor.Float32, 1, 3, 6, 6), tensor.New(tensor.Float32, 4, 3, 3, 3)
	s, err := Load("testdata/cases/input-with-default/conv-both.onnx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for want, in := range map[string]Tensors{
		`the model has no input wh (did you mean w?), it has x, w, b`:         {"x": x, "wh": w},
		`the model has no input image, it has x, w, b`:                        {"image": x},
		`input x is missing, 1 given`:                                         {"w": w},
		`input w: the model takes float32 [4,3,3,3], given float32 [1,3,6,6]`: {"x": x, "w": x},
	} {
		if _, err := s.Run(context.Background(), in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	old, err := Load("testdata/cases/input-with-default/ir3-constant.onnx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := old.Run(context.Background(), Tensors{"x": tensor.New(tensor.Float32, 2), "w": tensor.New(tensor.Float32, 2)}); err == nil || !strings.Contains(err.Error(), "the model has no input w (did you mean x?), it has x") || len(old.Defaults()) > 0 {
		t.Errorf("%v, %v", old.Defaults(), err)
	}
}
