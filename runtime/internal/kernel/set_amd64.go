//go:build !purego

package kernel

import (
	"golang.org/x/sys/cpu"
)

//go:generate go -C _asm run . -out ../kernels_amd64.s -stubs ../kernels_amd64.go -pkg kernel

// machineSets lists the instruction sets that the processor has.
func machineSets() []*Set {
	var list []*Set
	x := cpu.X86
	if x.HasAVX2 && x.HasFMA && x.HasBMI2 {
		list = append(list, avx2.set())
		if x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL {
			list = append(list, avx512.set())
		}
	}
	return list
}

var avx2 = functions{vectors: avx2Vectors, gemm1: gemm1xAVX2, gemm2: gemm2xAVX2, product: productAVX2,
	depthwise: [2][2]func(*depthwiseCode){{depthwise1x1AVX2, depthwise1x2AVX2}, {depthwise2x1AVX2, depthwise2x2AVX2}},
	lines: [12][2]func(*depthwiseCode){
		3: {depthwiseLines3x1AVX2, depthwiseLines3x2AVX2}, 5: {depthwiseLines5x1AVX2, depthwiseLines5x2AVX2}, 7: {depthwiseLines7x1AVX2, depthwiseLines7x2AVX2},
		9: {depthwiseLines9x1AVX2, depthwiseLines9x2AVX2}, 11: {depthwiseLines11x1AVX2, depthwiseLines11x2AVX2},
	},
	clamp:       clampAVX2,
	hardSigmoid: hardSigmoidAVX2, hardSwish: hardSwishAVX2, sigmoid: sigmoidAVX2, swish: swishAVX2, exp: expAVX2, leakyRelu: leakyReluAVX2, round: roundAVX2, odd: oddAVX2, oddGate: oddGateAVX2, add: addAVX2, sub: subAVX2, mul: mulAVX2, div: divAVX2, max: maxAVX2, sum: sumAVX2, peak: peakAVX2}

var avx512 = functions{vectors: avx512Vectors, gemm1: gemm1xAVX512, gemm2: gemm2xAVX512, product: productAVX512,
	depthwise: [2][2]func(*depthwiseCode){{depthwise1x1AVX512, depthwise1x2AVX512}, {depthwise2x1AVX512, depthwise2x2AVX512}},
	lines: [12][2]func(*depthwiseCode){
		3: {depthwiseLines3x1AVX512, depthwiseLines3x2AVX512}, 5: {depthwiseLines5x1AVX512, depthwiseLines5x2AVX512}, 7: {depthwiseLines7x1AVX512, depthwiseLines7x2AVX512},
		9: {depthwiseLines9x1AVX512, depthwiseLines9x2AVX512}, 11: {depthwiseLines11x1AVX512, depthwiseLines11x2AVX512},
	},
	clamp:       clampAVX512,
	hardSigmoid: hardSigmoidAVX512, hardSwish: hardSwishAVX512, sigmoid: sigmoidAVX512, swish: swishAVX512, exp: expAVX512, leakyRelu: leakyReluAVX512, round: roundAVX512, odd: oddAVX512, oddGate: oddGateAVX512, add: addAVX512, sub: subAVX512, mul: mulAVX512, div: divAVX512, max: maxAVX512, sum: sumAVX512, peak: peakAVX512}
