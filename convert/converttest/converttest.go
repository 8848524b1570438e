// Package converttest makes networks and weights for tests.
package converttest

import "github.com/mixconv/mixconv/convert"

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

// Weights returns convert.Random's weights.
func Weights(n convert.Network, seed uint64) convert.Weights { return convert.Random(n, seed) }
