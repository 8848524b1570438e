package convert

import (
	"math"
	"math/rand/v2"

	"github.com/mixconv/mixconv/tensor"
)

// Random returns random weights for n: always the same for the same seed, on
// every machine, and such that values neither die out nor grow from layer to
// layer and no two channels of a layer are alike.
func Random(n Network, seed uint64) Weights {
	r := rand.New(rand.NewPCG(seed, 0))
	uniform := func(shape tensor.Shape, low, high float64) *tensor.Tensor {
		data := make([]float32, shape.Elements())
		for i := range data {
			data[i] = float32(low + float64(r.Float64()*(high-low)))
		}
		return tensor.Of(data, shape...)
	}
	w := Weights{}
	for _, p := range n.Params() {
		switch p.Kind {
		case Gamma, Variance:
			w[p.Role] = uniform(p.Shape, 0.5, 1.5)
		case Beta, Mean, Bias:
			w[p.Role] = uniform(p.Shape, -0.3, 0.3)
		default:
			fanIn := p.Shape.Elements() / p.Shape[0]
			bound := math.Sqrt(4 / float64(fanIn))
			w[p.Role] = uniform(p.Shape, -bound, bound)
		}
	}
	return w
}
