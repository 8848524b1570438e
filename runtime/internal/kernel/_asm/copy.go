package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// copyRows writes the function that moves short runs from one spacing to
// another.
func (s isa) copyRows() {
	TEXT("copyRows"+s.name, NOSPLIT, "func(dst *float32, dstStep int, src *float32, srcStep, rows, n int)")
	Doc("copyRows"+s.name+" computes dst[r·dstStep+i] = src[r·srcStep+i] for r < rows, at least 1, and i < n,",
		"which is at most a vector.")
	dst, src, dstStep, srcStep, rows := gp("dst"), gp("src"), gp("dstStep"), gp("srcStep"), gp("rows")
	SHLQ(U8(2), dstStep)
	SHLQ(U8(2), srcStep)
	n := gp("n")
	CMPQ(n, U8(s.lanes))
	JE(LabelRef("full"))
	last := s.tail(n)
	Label("row")
	v := s.vector()
	last.load(Mem{Base: src}, v)
	last.store(v, Mem{Base: dst})
	ADDQ(srcStep, src)
	ADDQ(dstStep, dst)
	DECQ(rows)
	JNE(LabelRef("row"))
	VZEROUPPER()
	RET()
	Label("full")
	w := s.vector()
	VMOVUPS(Mem{Base: src}, w)
	VMOVUPS(w, Mem{Base: dst})
	ADDQ(srcStep, src)
	ADDQ(dstStep, dst)
	DECQ(rows)
	JNE(LabelRef("full"))
	VZEROUPPER()
	RET()
}
