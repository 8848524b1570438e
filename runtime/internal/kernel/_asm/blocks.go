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

// startTotals makes room for totals, which begin with the bias if the sums are cut.
func (g *gemm) startTotals() {
	g.space = AllocLocal((g.rows*g.vectors + 1) * g.bytes())
	total := g.gp("total")
	TESTQ(total, total)
	JE(LabelRef("whole"))
	bias, to := g.begin(total), Mem{Base: g.totals()}
	for range g.rows {
		for _, b := range bias {
			VMOVUPS(b, to)
			to.Disp += g.bytes()
		}
	}
	Label("whole")
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

// addTotals adds the totals to the sums of the last block, and begins them anew for
// the next tile.
func (g *gemm) addTotals(rows int, sums [][]VecVirtual) {
	one, total := fmt.Sprintf("one%d", rows), g.gp("total")
	TESTQ(total, total)
	JE(LabelRef(one))
	bias, from := g.begin(total), Mem{Base: g.totals()}
	for _, row := range sums {
		for v, sum := range row {
			VADDPS(from, sum, sum)
			VMOVUPS(bias[v], from)
			from.Disp += g.bytes()
		}
	}
	Label(one)
}
