package runtime

import (
	"context"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// wrongTensors are what a caller may have put together for a float32 [n,3,16,16].
func wrongTensors(n int) map[string]*tensor.Tensor {
	shape := tensor.Shape{n, 3, 24, 24}
	right := shape.Elements()
	return map[string]*tensor.Tensor{
		"short data":    {DType: tensor.Float32, Shape: shape, Data: make([]float32, 100)},
		"one too few":   {DType: tensor.Float32, Shape: shape, Data: make([]float32, right-1)},
		"one too many":  {DType: tensor.Float32, Shape: shape, Data: make([]float32, right+1)},
		"no data":       {DType: tensor.Float32, Shape: shape},
		"nil slice":     {DType: tensor.Float32, Shape: shape, Data: []float32(nil)},
		"other Go type": {DType: tensor.Float32, Shape: shape, Data: make([]float64, right)},
		"other type":    {DType: tensor.Float64, Shape: shape, Data: make([]float64, right)},
		"type unknown":  {DType: 77, Shape: shape, Data: make([]float32, right)},
		"negative":      {DType: tensor.Float32, Shape: tensor.Shape{-n, 3, 24, 24}, Data: make([]float32, right)},
		"overflow":      {DType: tensor.Float32, Shape: tensor.Shape{math.MaxInt/1728 + 1, 3, 24, 24}, Data: make([]float32, right)},
		"other rank":    {DType: tensor.Float32, Shape: tensor.Shape{right}, Data: make([]float32, right)},
		"sequence":      {DType: tensor.Float32.Sequence(), Shape: shape, Data: make([]float32, right)},
	}
}

// TestWrongTensors: what a caller has put together wrong is an error of Run and
// RunInto on any engine, for one picture, a batch and one that is run in chunks.
func TestWrongTensors(t *testing.T) {
	for _, o := range []Options{{}, {Threads: 2}, {Engine: Reference}} {
		s := newSession(t, network(), o)
		s.pays = func(work) bool { return true }
		if got := s.Inputs()[0].Shape; !got[1:].Equal(tensor.Shape{3, 24, 24}) {
			t.Fatalf("the model takes %s", got)
		}
		for _, n := range []int{1, 3, 12} {
			right := randomInput(s, n, 1)
			out, err := s.Run(context.Background(), right)
			if err != nil {
				t.Fatal(err)
			}
			for name, wrong := range wrongTensors(n) {
				in := maps.Clone(right)
				in[s.Inputs()[0].Name] = wrong
				if _, err := s.Run(context.Background(), in); err == nil || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v, %d pictures, input of %s: %v", o, n, name, err)
				}
				into := maps.Clone(out)
				for output, want := range out {
					for name, wrong := range wrongTensors(n) {
						if wrong.Shape.Equal(tensor.Shape{n, 3, 24, 24}) {
							wrong.Shape = want.Shape
						}
						into[output] = wrong
						if err := s.RunInto(context.Background(), right, into); err == nil || !strings.Contains(err.Error(), "output") {
							t.Errorf("%v, %d pictures, output of %s: %v", o, n, name, err)
						}
					}
				}
			}
			if err := s.RunInto(context.Background(), right, out); err != nil {
				t.Error(err)
			}
		}
	}
}
