package eval

import (
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// TestFunction: the function of every unary operator is what its kernel
// computes; other operators have none.
func TestFunction(t *testing.T) {
	x := tensor.Of([]float32{0.3, 0.9}, 2)
	for _, name := range unaries {
		op, version, err := ops.Lookup("", name, 24)
		if err != nil {
			t.Fatal(err)
		}
		c, err := ops.NewCall(op, version, ops.Attrs{}, []ops.Type{{DType: tensor.Float32, Shape: tensor.Shape{2}}}, 1)
		if err != nil {
			t.Fatal(err)
		}
		f, ok := Function(c)
		if !ok {
			t.Errorf("%s has no function", name)
			continue
		}
		out, err := Run(limit.NewBudget(t.Context(), limit.Limits{}), c, []*tensor.Tensor{x})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range tensor.Data[float32](out[0]) {
			if got := float32(f(float64(tensor.Data[float32](x)[i]))); got != want && (got == got || want == want) {
				t.Errorf("%s(%v) = %v, want %v", name, tensor.Data[float32](x)[i], got, want)
			}
		}
	}
	op, version, _ := ops.Lookup("", "Relu", 24)
	if c, err := ops.NewCall(op, version, ops.Attrs{}, []ops.Type{{DType: tensor.Float32, Shape: tensor.Shape{2}}}, 1); err == nil {
		if _, ok := Function(c); ok {
			t.Error("Relu has a function, though it is not listed")
		}
	}
}
