package eval

import (
	"context"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// call evaluates an operator at an opset, with as many outputs as asked for.
func call(t testing.TB, name string, opset, outputs int, attrs ops.Attrs, in ...*tensor.Tensor) ([]*tensor.Tensor, error) {
	t.Helper()
	op, version := ops.MDConv, 0
	if name != "MDConv" {
		var err error
		if op, version, err = ops.Lookup("", name, opset); err != nil {
			t.Fatal(err)
		}
	}
	types := make([]ops.Type, len(in))
	for i, x := range in {
		types[i] = ops.TypeOf(x)
	}
	c, err := ops.NewCall(op, version, attrs, types, outputs)
	if err != nil {
		return nil, err
	}
	return Run(context.Background(), c, in, limit.Limits{})
}

func TestConvByHand(t *testing.T) {
	x := tensor.Of([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9}, 1, 1, 3, 3)
	w := tensor.Of([]float32{1, 0, 0, -1}, 1, 1, 2, 2)
	b := tensor.Of([]float32{10}, 1)
	out, err := call(t, "Conv", 17, 1, nil, x, w, b)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range tensor.Data[float32](out[0]) {
		if v != 6 {
			t.Errorf("element %d is %v, want 6", i, v)
		}
	}
}

func BenchmarkConvDepthwise(b *testing.B) {
	x, w := tensor.New(tensor.Float32, 1, 120, 28, 28), tensor.New(tensor.Float32, 120, 1, 5, 5)
	for b.Loop() {
		if _, err := call(b, "Conv", 17, 1, ops.Attrs{"group": int64(120), "pads": []int64{2, 2, 2, 2}}, x, w); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(120*28*28*25*float64(b.N)/b.Elapsed().Seconds()/1e6, "MMAC/s")
}

func BenchmarkConvPointwise(b *testing.B) {
	x, w := tensor.New(tensor.Float32, 1, 240, 7, 7), tensor.New(tensor.Float32, 240, 240, 1, 1)
	for b.Loop() {
		if _, err := call(b, "Conv", 17, 1, nil, x, w); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(240*240*49*float64(b.N)/b.Elapsed().Seconds()/1e6, "MMAC/s")
}
