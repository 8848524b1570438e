package runtime

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// largeWeights has every use of a weight that is too large to be read before it
// is packed: convolutions of all kinds, products, scalings, a fallback, an
// operand, an output.
func largeWeights() *onnx.Model {
	b := newBuilder(14)
	x := b.conv(b.input("x", tensor.Unknown, 3, 20, 20), 3, 96, 5, 1, 1, "")                                            // 28 kB, planar
	x = b.node("Relu", "", []string{b.conv(b.batchNorm(b.conv(x, 96, 96, 3, 2, 2, ""), 96, ""), 96, 240, 1, 1, 1, "")}) // scaled; expand
	p := b.split(x, 1, 80, 160)                                                                                         // mixed
	x = b.node("Concat", "", []string{b.conv(p[0], 80, 80, 7, 1, 80, ""), b.conv(p[1], 160, 160, 9, 1, 160, "")}, onnx.IntAttr("axis", 1))
	x = b.node("Add", "", []string{x, b.weight(1, 240, 10, 10)}) // 96 kB
	x = b.node("LRN", "", []string{x}, onnx.IntAttr("size", 3))  // a fallback
	x = b.node("Mul", "", []string{x, b.node("Identity", "", []string{b.weight(240, 10, 10)})})
	x = b.node("Flatten", "", []string{b.node("GlobalAveragePool", "", []string{x})})
	x = b.node("MatMul", "", []string{x, b.weight(240, 64)})
	c := b.weight(3000)
	b.node("Gemm", "y", []string{x, b.weight(3000, 64), c}, onnx.IntAttr("transB", 1))
	b.node("Identity", "z", []string{c})
	b.output("y", 2)
	b.output("z", 1)
	return b.model()
}

func writeModel(t *testing.T, m *onnx.Model) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "m.onnx")
	if err := m.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func openModel(t *testing.T, path string) *onnx.Model {
	t.Helper()
	m, err := onnx.OpenFile(path, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tp := range m.Proto.Graph.Initializer {
		if m.Stored(tp) != nil {
			return m
		}
	}
	t.Fatal("all weights are in memory")
	return nil
}

// TestStored: weights that are left in the file make no difference to any engine.
func TestStored(t *testing.T) {
	whole := largeWeights()
	path := writeModel(t, whole)
	for _, o := range []Options{{}, {Threads: 2}, {Layers: true}, {Engine: Reference}} {
		want, got := newSession(t, whole, o), newSession(t, openModel(t, path), o)
		for batch := 1; batch <= 2; batch++ {
			in := randomInput(want, batch, uint64(batch))
			expected, err := want.Run(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			outputs, err := got.Run(context.Background(), in)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(outputs, expected) {
				t.Errorf("%+v: results differ", o)
			}
		}
		for _, stage := range Stages {
			var a, b strings.Builder
			if errA, errB := want.Dump(&a, stage), got.Dump(&b, stage); (errA == nil) != (errB == nil) || a.String() != b.String() {
				t.Errorf("%+v: stage %s differs: %v, %v\n%s\nwant\n%s", o, stage, errA, errB, &b, &a)
			}
		}
	}
}

// TestStoredChange: a session never computes with what it could not read, and
// goes on where the file is what it was.
func TestStoredChange(t *testing.T) {
	path := writeModel(t, largeWeights())
	want := newSession(t, largeWeights(), Options{})
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(t, openModel(t, path), Options{})
	os.Chtimes(path, time.Time{}, info.ModTime().Add(time.Hour))
	in := randomInput(s, 1, 1)
	for range 2 {
		if _, err := s.Run(context.Background(), in); err == nil || !strings.Contains(err.Error(), path+": reading weights: the file has changed") {
			t.Fatalf("error %v", err)
		}
	}
	os.Chtimes(path, time.Time{}, info.ModTime())
	for batch := 2; batch <= 3; batch++ {
		in := randomInput(s, batch, 1)
		expected, err := want.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Run(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, expected) {
			t.Errorf("batch %d: results differ", batch)
		}
		os.Chtimes(path, time.Time{}, info.ModTime().Add(time.Hour)) // what is packed stays
	}
	// A single picture has another plan, with the Add as a residual.
	if _, err := s.Run(context.Background(), randomInput(s, 1, 1)); err == nil {
		t.Error("weights that cannot be read were packed")
	}
	if _, err := s.Run(context.Background(), randomInput(s, 3, 1)); err != nil {
		t.Errorf("a plan made before: %v", err)
	}
}

// smallStored is a small model with a weight that is left in the file.
func smallStored() *onnx.Model {
	b := newBuilder(14)
	b.node("MatMul", "y", []string{b.input("x", tensor.Unknown, 32), b.weight(32, 80)}) // 10 kB
	b.output("y", 2)
	return b.model()
}
