package convert

import (
	"math"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// TestFold: scaling the kernel and shifting the sum is the batch norm of the
// unscaled one, channel by channel.
func TestFold(t *testing.T) {
	gamma, beta := []float32{1.5, -0.25, 0}, []float32{0.5, 2, 1}
	mean, variance := []float32{3, -4, 5}, []float32{0.25, 100, 0}
	b := &builder{epsilon: 1e-3, weights: Weights{
		"n.gamma": tensor.Of(gamma, 3), "n.beta": tensor.Of(beta, 3),
		"n.mean": tensor.Of(mean, 3), "n.variance": tensor.Of(variance, 3),
		"w.0": tensor.Of([]float32{1, 2, 3, 4}, 2, 1, 1, 2), "w.1": tensor.Of([]float32{5, 6}, 1, 1, 1, 2),
	}}
	k := b.fold(layer{kernels: []string{"w.0", "w.1"}, norm: "n"})
	if b.err != nil {
		t.Fatal(b.err)
	}
	x := []float64{0.75, -2}
	for c := range gamma {
		w, in := k.weights[c/2], b.weights[[]string{"w.0", "w.1"}[c/2]]
		at := c % 2 * 2
		dot := func(w *tensor.Tensor) float64 {
			data := tensor.Data[float32](w)
			return float64(data[at])*x[0] + float64(data[at+1])*x[1]
		}
		want := float64(gamma[c])*(dot(in)-float64(mean[c]))/math.Sqrt(float64(variance[c])+1e-3) + float64(beta[c])
		if got := dot(w) + k.bias[c]; math.Abs(got-want) > 1e-6*math.Abs(want) {
			t.Errorf("channel %d: %g, want %g", c, got, want)
		}
		if &tensor.Data[float32](w)[0] == &tensor.Data[float32](in)[0] {
			t.Error("the caller's weights were scaled in place")
		}
	}
}
