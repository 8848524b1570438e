package runtime

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// FuzzEngines feeds mutated model files to both engines: none may panic, and
// where the reference engine gives finite values, the planned one must agree.
func FuzzEngines(f *testing.F) {
	for _, c := range engineCases {
		data, err := c.model().Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	staged, err := detector(4).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(staged)
	small := limit.Limits{FileBytes: 1 << 16, TensorBytes: 1 << 18, TotalBytes: 1 << 22, Nodes: 200}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := onnx.Decode("fuzz", data, small)
		if err != nil {
			return
		}
		reference, err := New(m, Options{Engine: Reference, Layers: true, Limits: small})
		if err != nil {
			if internal(err) {
				t.Fatal(err)
			}
			return
		}
		in, ok := smallInput(reference)
		if !ok {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		want, err := reference.Run(ctx, in)
		if err != nil {
			if internal(err) {
				t.Fatal(err)
			}
			return
		}
		planned, err := New(m, Options{Limits: small})
		if err != nil {
			t.Fatalf("the planned engine refuses what the reference engine runs: %v", err)
		}
		got, err := planned.Run(ctx, in)
		if err != nil {
			if ctx.Err() == nil {
				t.Fatalf("planned: %v", err)
			}
			return
		}
		compareFuzz(t, want, got)
	})
}

// smallInput refuses models whose inputs are large or of unknown rank.
func smallInput(s *Session) (Tensors, bool) {
	total := 0
	for _, v := range s.Inputs() {
		if v.Shape == nil {
			return nil, false
		}
		n := 1
		for _, d := range v.Shape {
			n *= max(d, 1)
			if n > 1<<14 {
				return nil, false
			}
		}
		total += n
	}
	if total > 1<<14 {
		return nil, false
	}
	return randomInput(s, 2, 1), true
}

// compareFuzz requires agreement relative to the largest value of any layer,
// if all are moderate: fusing may keep what rounding in between would lose.
func compareFuzz(t *testing.T, layers, got Tensors) {
	most := 0.0
	for _, l := range layers {
		if l == nil || l.DType != tensor.Float32 {
			continue
		}
		for _, v := range tensor.Data[float32](l) {
			if most = max(most, math.Abs(float64(v))); !(most < 1e6) {
				return
			}
		}
	}
	for name, g := range got {
		w := layers[name]
		if g == nil || w == nil {
			if g != w {
				t.Fatalf("output %q: %s, want %s", name, describe(g), describe(w))
			}
			continue
		}
		if !g.Shape.Equal(w.Shape) || g.DType != w.DType {
			t.Fatalf("output %q: %s, want %s", name, describe(g), describe(w))
		}
		if g.DType != tensor.Float32 {
			continue
		}
		for i, v := range tensor.Data[float32](w) {
			if diff := math.Abs(float64(v) - float64(tensor.Data[float32](g)[i])); !(diff <= 1e-4*(1+most)) {
				t.Fatalf("output %q element %d: %g, want %g", name, i, tensor.Data[float32](g)[i], v)
			}
		}
	}
}
