package eval

import (
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// TestFunction: Function's function is what Run computes of each element; operators of
// several variables have none.
func TestFunction(t *testing.T) {
	x := tensor.Of([]float32{0.3, 0.9}, 2)
	for code := op.Code(1); code < op.Count; code++ {
		o, version := ops.Latest(code)
		c, err := ops.NewCall(o, version, ops.Attrs{}, []ops.Type{ops.TypeOf(x)}, 1)
		if err != nil {
			continue // not of one float
		}
		f, ok := Function(c)
		if ok != (functions[code] != nil) {
			t.Errorf("%s: a function %t", code, ok)
		}
		if !ok {
			continue
		}
		out, err := Run(limit.NewBudget(t.Context(), limit.Limits{}), c, []*tensor.Tensor{x})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range tensor.Data[float32](out[0]) {
			if got := float32(f(float64(tensor.Data[float32](x)[i]))); got != want && (got == got || want == want) {
				t.Errorf("%s(%v) = %v, want %v", code, tensor.Data[float32](x)[i], got, want)
			}
		}
	}
}
