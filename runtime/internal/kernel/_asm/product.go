package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// streams is how many panels product reads side by side: the memory answers
// several streams of addresses half as fast again as one.
const streams = 4

// product writes the product of a vector and a matrix.
func (s isa) product() {
	TEXT("product"+s.name, NOSPLIT, "func(dst, a *float32, k, run int, panels *float32, step int, bias *float32, lo, hi float32)")
	Doc("product"+s.name+fmt.Sprintf(" computes dst[p·%d+j] = bias[p·%d+j] + Σ_l a[l]·panels[p·step+l·%d+j], held in lo … hi,", 2*s.lanes, 2*s.lanes, 2*s.lanes),
		fmt.Sprintf("for p < %d, j < %d and l < k, which is at least 1.", streams, 2*s.lanes),
		"Every run products are a block; if there are several, their sums are added to the bias.")
	s = s.flushing()
	dst, a, k, step, bias := s.gp("dst"), s.gp("a"), s.gp("k"), s.gp("step"), s.gp("bias")
	SHLQ(U8(2), step)
	panels := []GPVirtual{s.gp("panels")}
	sums := make([]VecVirtual, 2*streams)
	for i := range sums {
		sums[i] = s.vector()
		VMOVUPS(Mem{Base: bias, Disp: i * s.bytes()}, sums[i])
	}
	for len(panels) < streams {
		next := GP64()
		LEAQ(Mem{Base: panels[len(panels)-1], Index: step, Scale: 1}, next)
		panels = append(panels, next)
	}
	at, n, total := GP64(), GP64(), GP64()
	XORQ(at, at)
	XORQ(total, total)
	CMPQ(k, s.param("run"))
	JLE(LabelRef("block"))
	Label("blockEnd") // dst has the total of the blocks
	s.addTotal(total, "first", dst, sums)
	for i, sum := range sums {
		VMOVUPS(sum, Mem{Base: dst, Disp: i * s.bytes()})
		zero(sum)
	}
	MOVQ(U32(1), total)
	Label("block")
	MOVQ(s.param("run"), n)
	CMPQ(k, n)
	CMOVQLT(k, n)
	SUBQ(n, k)
	loop("factor")
	x := s.vector()
	VBROADCASTSS(Mem{Base: a}, x)
	for i, sum := range sums {
		VFMADD231PS(Mem{Base: panels[i/2], Index: at, Scale: 1, Disp: i % 2 * s.bytes()}, x, sum)
	}
	ADDQ(U8(4), a)
	ADDQ(U32(2*s.bytes()), at)
	DECQ(n)
	JNE(LabelRef("factor"))
	TESTQ(k, k)
	JNE(LabelRef("blockEnd"))
	s.addTotal(total, "one", dst, sums)
	lo, hi := s.float("lo"), s.float("hi")
	for i, sum := range sums {
		bound(sum, lo, hi)
		VMOVUPS(sum, Mem{Base: dst, Disp: i * s.bytes()})
	}
	s.ret()
}

// addTotal adds what dst has to the sums, if total is not 0.
func (s isa) addTotal(total GPVirtual, skip string, dst GPVirtual, sums []VecVirtual) {
	TESTQ(total, total)
	JE(LabelRef(skip))
	for i, sum := range sums {
		VADDPS(Mem{Base: dst, Disp: i * s.bytes()}, sum, sum)
	}
	Label(skip)
}
