package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// mean writes the sum over pixels of each channel, in float64.
func (s isa) mean() {
	TEXT("sum"+s.name, NOSPLIT, "func(dst *float64, x *float32, step, pixels, channels int)")
	Doc("sum"+s.name+" computes dst[c] = Σ x[p·step+c] over p < pixels for c < channels,",
		"a multiple of eight.")
	half := s.lanes / 2 // doubles in a vector
	dst, x, step, channels := gp("dst"), gp("x"), gp("step"), gp("channels")
	SHLQ(U8(2), step)
	Label("block")
	sums := make([]Op, 8/half)
	for i := range sums {
		v := s.vector()
		zero(v)
		sums[i] = v
	}
	at, left := GP64(), gp("pixels")
	MOVQ(x, at)
	Label("pixel")
	for i, sum := range sums {
		v := s.vector()
		VCVTPS2PD(Mem{Base: at, Disp: 4 * half * i}, v)
		VADDPD(v, sum, sum)
	}
	ADDQ(step, at)
	DECQ(left)
	JNE(LabelRef("pixel"))
	for i, sum := range sums {
		VMOVUPD(sum, Mem{Base: dst, Disp: 8 * half * i})
	}
	ADDQ(U8(32), x)
	ADDQ(U8(64), dst)
	SUBQ(U8(8), channels)
	JNE(LabelRef("block"))
	VZEROUPPER()
	RET()
}
