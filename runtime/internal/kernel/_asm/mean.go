package main

import (
	"fmt"

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
	m := mean{isa: s.flushing(), step: s.gp("step"), at: GP64(), left: GP64()}
	dst, x, channels := s.gp("dst"), s.gp("x"), s.gp("channels")
	SHLQ(U8(2), m.step)
	for _, m.vectors = range []int{2, 1} { // a cache line at a time, then what is left
		block, done := fmt.Sprintf("block%d", m.vectors), fmt.Sprintf("done%d", m.vectors)
		Label(block)
		CMPQ(channels, U8(8*m.vectors))
		JL(LabelRef(done))
		MOVQ(x, m.at)
		MOVQ(s.param("pixels"), m.left)
		for i, total := range m.totals() {
			VMOVUPD(total, Mem{Base: dst, Disp: 32 * i})
		}
		ADDQ(U32(32*m.vectors), x)
		ADDQ(U32(64*m.vectors), dst)
		SUBQ(U8(8*m.vectors), channels)
		JMP(LabelRef(block))
		Label(done)
	}
	m.ret()
}

type mean struct {
	isa
	vectors        int // of eight channels
	step, at, left GPVirtual
}

// totals adds all pixels of some vectors; each has two totals of four channels.
func (m *mean) totals() []VecVirtual {
	totals := make([]VecVirtual, 2*m.vectors)
	for i := range totals {
		totals[i] = YMM()
		zero(totals[i])
	}
	run := fmt.Sprintf("run%d", m.vectors)
	Label(run)
	for v, sum := range m.run() {
		wide, upper := YMM(), XMM()
		VCVTPS2PD(sum.AsX(), wide)
		VADDPD(wide, totals[2*v], totals[2*v])
		VEXTRACTF128(U8(1), sum, upper)
		VCVTPS2PD(upper, wide)
		VADDPD(wide, totals[2*v+1], totals[2*v+1])
	}
	TESTQ(m.left, m.left)
	JG(LabelRef(run))
	return totals
}

// run adds the next pixels, at most sumPixels.
func (m *mean) run() []VecVirtual {
	sums := make([][]VecVirtual, sumChains)
	for i := range sums {
		for range m.vectors {
			sum := YMM()
			zero(sum)
			sums[i] = append(sums[i], sum)
		}
	}
	quad, added, done := fmt.Sprintf("quad%d", m.vectors), fmt.Sprintf("added%d", m.vectors), fmt.Sprintf("sums%d", m.vectors)
	quads := GP64()
	MOVQ(U32(sumPixels/sumChains), quads)
	Label(quad)
	for i, pixel := range sums {
		CMPQ(m.left, U8(i))
		JLE(LabelRef(added))
		for v, sum := range pixel {
			VADDPS(Mem{Base: m.at, Disp: 32 * v}, sum, sum)
		}
		ADDQ(m.step, m.at)
	}
	SUBQ(U8(sumChains), m.left)
	DECQ(quads)
	JNE(LabelRef(quad))
	JMP(LabelRef(done))
	Label(added) // fewer than a quad were left
	XORQ(m.left, m.left)
	Label(done)
	for v := range m.vectors {
		VADDPS(sums[1][v], sums[0][v], sums[0][v])
		VADDPS(sums[3][v], sums[2][v], sums[2][v])
		VADDPS(sums[2][v], sums[0][v], sums[0][v])
	}
	return sums[0]
}
