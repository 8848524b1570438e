package runtime

import (
	"context"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// TestBranchForOtherShapes takes the branch of an If that was made for other
// shapes than the input has, and gives shapes that no branch was made for.
func TestBranchForOtherShapes(t *testing.T) {
	for _, e := range []Engine{Planned, Reference} {
		s, err := Load("testdata/cases/if-other-shapes/matmul-3.onnx", Options{Engine: e})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			width int
			then  bool
		}{{3, false}, {4, true}, {5, true}, {5, false}} {
			in := Tensors{"x": tensor.New(tensor.Float32, 2, c.width), "c": tensor.Of([]bool{c.then})}
			if _, err := s.Run(context.Background(), in); err == nil || !strings.Contains(err.Error(), "MatMul") || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, %+v: error %v", e, c, err)
			}
		}
	}
}
