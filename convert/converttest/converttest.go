// Package converttest makes networks and weights for tests.
package converttest

import (
	"math"
	"math/rand/v2"

	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/tensor"
)

// Tiny returns a network of a few thousand parameters in which every kind of
// layer occurs: plain and mixed depthwise convolutions at stride 1 and 2,
// dilated ones, even and uneven mixed 1×1 ones, squeeze-and-excitation, swish,
// ReLU, residuals, and a residual that noskip leaves out.
func Tiny() convert.Network {
	n := convert.Network{
		Name: "tiny", Stem: 8, FeatureSize: 24, Classes: 5,
		DepthDivisor: 8, BatchNormEpsilon: 1e-3,
	}
	for _, s := range []string{
		"r1_k3_a1_p1_s11_e1_i8_o8",
		"r1_k3.5.7_a1.1_p1.1_s22_e4_i8_o16",
		"r2_k3.5_a1.1.1_p1_s11_e3_i16_o16_se0.25_sw",
		"r1_k3.5.9_a1_p1.1.1_s11_e2_i16_o16_se0.5_noskip_sw_dilated",
		"r2_k3.5.7.9_a1_p1.1_s22_e3_i16_o24_se0.5_sw_dilated",
	} {
		b, err := convert.ParseBlock(s)
		if err != nil {
			panic(err)
		}
		n.Blocks = append(n.Blocks, b)
	}
	return n
}

// Weights returns random weights for n: always the same for the same seed, on
// every machine, and such that values neither die out nor grow from layer to
// layer and no two channels of a layer are alike.
func Weights(n convert.Network, seed uint64) convert.Weights {
	r := rand.New(rand.NewPCG(seed, 0))
	uniform := func(shape tensor.Shape, low, high float64) *tensor.Tensor {
		data := make([]float32, shape.Elements())
		for i := range data {
			data[i] = float32(low + float64(r.Float64()*(high-low)))
		}
		return tensor.Of(data, shape...)
	}
	w := convert.Weights{}
	for _, p := range n.Params() {
		switch p.Kind {
		case convert.Gamma, convert.Variance:
			w[p.Role] = uniform(p.Shape, 0.5, 1.5)
		case convert.Beta, convert.Mean, convert.Bias:
			w[p.Role] = uniform(p.Shape, -0.3, 0.3)
		default:
			fanIn := p.Shape.Elements() / p.Shape[0]
			bound := math.Sqrt(4 / float64(fanIn))
			w[p.Role] = uniform(p.Shape, -bound, bound)
		}
	}
	return w
}
