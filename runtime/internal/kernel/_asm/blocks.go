package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// totals points to where the totals of a tile begin, at a multiple of a vector's
// size.
func (g *gemm) totals() GPVirtual {
	p := GP64()
	LEAQ(g.space, p)
	ADDQ(U8(g.bytes()-1), p)
	ANDQ(I8(-g.bytes()), p)
	return p
}

// clearTotals makes room for totals and sets them to zero, if the sums are cut.
func (g *gemm) clearTotals() {
	g.space = AllocLocal((g.rows*g.vectors + 1) * g.bytes())
	CMPQ(g.param("cut"), U8(0))
	JE(LabelRef("cleared"))
	none, to := g.vector(), g.totals()
	zero(none)
	for i := range g.rows * g.vectors {
		VMOVUPS(none, Mem{Base: to, Disp: i * g.bytes()})
	}
	Label("cleared")
}

// endBlock moves the sums to the totals.
func (g *gemm) endBlock(sums [][]VecVirtual) {
	to := Mem{Base: g.totals()}
	for _, row := range sums {
		for _, sum := range row {
			VADDPS(to, sum, sum)
			VMOVUPS(sum, to)
			zero(sum)
			to.Disp += g.bytes()
		}
	}
}

// addTotals adds the totals to the sums of the last block, and clears them for the
// next tile.
func (g *gemm) addTotals(rows int, sums [][]VecVirtual) {
	one := fmt.Sprintf("one%d", rows)
	CMPQ(g.param("cut"), U8(0))
	JE(LabelRef(one))
	none, from := g.vector(), Mem{Base: g.totals()}
	zero(none)
	for _, row := range sums {
		for _, sum := range row {
			VADDPS(from, sum, sum)
			VMOVUPS(none, from)
			from.Disp += g.bytes()
		}
	}
	Label(one)
}
