package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// Pixels whose values are added in float32, in four sums side by side, before
// the result is widened.
const (
	sumPixels = 16
	sumChains = 4
)

// mean writes the sum over pixels of each channel.
func (s isa) mean() {
	TEXT("sum"+s.name, NOSPLIT, "func(dst *float64, x *float32, step, pixels, channels int)")
	Doc("sum"+s.name+" computes dst[c] = Σ x[p·step+c] over p < pixels for c < channels, a multiple of eight:",
		"as the plain sum does, to the bit.")
	m := mean{isa: s, step: gp("step"), at: GP64(), left: GP64()}
	dst, x, channels := gp("dst"), gp("x"), gp("channels")
	SHLQ(U8(2), m.step)
	Label("block")
	low, high := YMM(), YMM()
	zero(low)
	zero(high)
	MOVQ(x, m.at)
	Load(Param("pixels"), m.left)
	Label("run")
	sum := m.run()
	wide := YMM()
	VCVTPS2PD(sum.AsX(), wide)
	VADDPD(wide, low, low)
	upper := XMM()
	VEXTRACTF128(U8(1), sum, upper)
	VCVTPS2PD(upper, wide)
	VADDPD(wide, high, high)
	TESTQ(m.left, m.left)
	JG(LabelRef("run"))
	VMOVUPD(low, Mem{Base: dst})
	VMOVUPD(high, Mem{Base: dst, Disp: 32})
	ADDQ(U32(32), x)
	ADDQ(U32(64), dst)
	SUBQ(U8(8), channels)
	JNE(LabelRef("block"))
	VZEROUPPER()
	RET()
}

type mean struct {
	isa
	step, at, left GPVirtual
}

// run adds the next pixels, at most sumPixels.
func (m *mean) run() VecVirtual {
	sums := make([]VecVirtual, sumChains)
	for i := range sums {
		sums[i] = YMM()
		zero(sums[i])
	}
	quads := GP64()
	MOVQ(U32(sumPixels/sumChains), quads)
	Label("quad")
	for i, sum := range sums {
		CMPQ(m.left, U8(i))
		JLE(LabelRef("added"))
		VADDPS(Mem{Base: m.at}, sum, sum)
		ADDQ(m.step, m.at)
	}
	SUBQ(U8(sumChains), m.left)
	DECQ(quads)
	JNE(LabelRef("quad"))
	JMP(LabelRef("sums"))
	Label("added") // fewer than a quad were left
	XORQ(m.left, m.left)
	Label("sums")
	VADDPS(sums[1], sums[0], sums[0])
	VADDPS(sums[3], sums[2], sums[2])
	VADDPS(sums[2], sums[0], sums[0])
	return sums[0]
}
