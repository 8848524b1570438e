package runtime

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
)

// TestCases runs the models of testdata/cases on both engines. Each was computed
// otherwise once, by us or by another tool: a folder a kind of fault,
// NAME.input.npz the inputs and NAME.expected.npz what ONNX Runtime and, where
// PyTorch has the operator, PyTorch give.
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/cases/*/*.onnx")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".onnx")
		in := readArrays(t, name+".input.npz")
		want := readArrays(t, name+".expected.npz")
		for _, e := range []Engine{Planned, Reference} {
			s, err := Load(file, Options{Engine: e})
			if err != nil {
				t.Errorf("%s, %v: %v", name, e, err)
				continue
			}
			got, err := s.Run(context.Background(), in)
			if err != nil {
				t.Errorf("%s, %v: %v", name, e, err)
				continue
			}
			for output, w := range want {
				if err := differ(got[output], w); err != nil {
					t.Errorf("%s, %v, output %s: %v", name, e, output, err)
				}
			}
		}
	}
}

func readArrays(t testing.TB, path string) Tensors {
	t.Helper()
	arrays, err := npy.ReadArchive(path, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return arrays
}

// differ is nil if got is want: integers to the bit, NaN and infinities at the
// same places, and finite floats within 2·10⁻⁵ of the largest finite one.
func differ(got, want *tensor.Tensor) error {
	if got == nil || got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("%s, want %s", describe(got), describe(want))
	}
	a, b := reflect.ValueOf(got.Data), reflect.ValueOf(want.Data)
	largest := 0.0
	for i := range b.Len() {
		if v := b.Index(i); v.CanFloat() && !math.IsInf(v.Float(), 0) && !math.IsNaN(v.Float()) {
			largest = max(largest, math.Abs(v.Float()))
		}
	}
	for i := range b.Len() {
		x, y := a.Index(i), b.Index(i)
		if x.Equal(y) || x.CanFloat() && (math.IsNaN(x.Float()) && math.IsNaN(y.Float()) || math.Abs(x.Float()-y.Float()) <= 2e-5*largest) {
			continue
		}
		return fmt.Errorf("element %d is %v, want %v", i, x, y)
	}
	return nil
}

// TestResizeWithoutRegion: a roi of no elements, as opset 11 demands one, keeps no
// Resize from its planned kernel.
func TestResizeWithoutRegion(t *testing.T) {
	s, err := Load("testdata/cases/resize-by-scales/38-75-op13.onnx", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if fallbacks, err := s.Fallbacks(); err != nil || len(fallbacks) > 0 {
		t.Errorf("fallbacks %q, %v", fallbacks, err)
	}
}
