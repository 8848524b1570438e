package main

import (
	"fmt"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// gemm writes a function for panels of the given number of vectors: tiles of as
// many rows as there are registers for, then one of the rows that are left. A tile keeps all its sums
// in registers and passes once over the panel.
func (s isa) gemm(vectors int) {
	TEXT(fmt.Sprintf("gemm%dx%s", vectors, s.name), NOSPLIT,
		"func(dst *float32, dstStride int, a *float32, aStride, m int, pieces *int, npieces, k int, panel, bias *float32, n int, lo, hi float32, ahead, pace int)")
	Doc(fmt.Sprintf("gemm%dx%s computes dst[i][j] = bias[j] + Σ_p Σ_l a[i·aStride+pieces[p].A+l]·panel[(pieces[p].W+l)·%d+j], held in lo … hi,", vectors, s.name, 2*s.lanes),
		fmt.Sprintf("for i < m and j < n, l < k, which is at least 1; n is from %d to %d.", (vectors-1)*s.lanes+1, vectors*s.lanes),
		"It prefetches from ahead bytes behind panel's beginning on, pace bytes for each of l's steps.")
	g := gemm{isa: s, vectors: vectors}
	g.rows = min(12, s.rows*2/vectors) // there are addresses for twelve
	g.dst, g.a = Load(Param("dst"), GP64()).(GPVirtual), Load(Param("a"), GP64()).(GPVirtual)
	g.dstStride, g.aStride = Load(Param("dstStride"), GP64()).(GPVirtual), Load(Param("aStride"), GP64()).(GPVirtual)
	SHLQ(U8(2), g.dstStride)
	SHLQ(U8(2), g.aStride)
	g.m, g.ahead, g.pace = Load(Param("m"), GP64()).(GPVirtual), gp("ahead"), gp("pace")
	ADDQ(g.param("panel"), g.ahead)
	n := Load(Param("n"), GP64()).(GPVirtual)
	if vectors > 1 {
		SUBQ(U8((vectors-1)*s.lanes), n)
	}
	g.last = s.tail(n)

	// One or two rows behind a tile would keep the units waiting for their own
	// sums: two tiles of half the size do not.
	Label("tiles")
	CMPQ(g.m, U8(g.rows+2))
	JG(LabelRef("full"))
	CMPQ(g.m, U8(g.rows))
	JE(LabelRef("full"))
	JG(LabelRef(fmt.Sprintf("tile%d", g.rows/2+1)))
	for rows := g.rows - 1; rows > 0; rows-- {
		next := fmt.Sprintf("not%d", rows)
		CMPQ(g.m, U8(rows))
		JNE(LabelRef(next))
		Label(fmt.Sprintf("tile%d", rows))
		g.tile(rows)
		JMP(LabelRef("tiles"))
		Label(next)
	}
	VZEROUPPER()
	RET()
	Label("full")
	g.tile(g.rows)
	JMP(LabelRef("tiles"))
}

type gemm struct {
	isa
	vectors                       int
	dst, dstStride, a, aStride, m GPVirtual
	ahead, pace                   GPVirtual // what to prefetch next, and how far to go on
	last                          mask      // of the last vector of a row
}

// tile computes rows rows of a and moves dst, a and m behind them.
func (g *gemm) tile(rows int) {
	sums := g.start(rows)
	pieces, left := gp("pieces"), gp("npieces")
	piece, done := fmt.Sprintf("piece%d", rows), fmt.Sprintf("sum%d", rows)
	TESTQ(left, left)
	JLE(LabelRef(done))
	Label(piece)
	g.piece(rows, sums, pieces)
	ADDQ(U8(16), pieces)
	DECQ(left)
	JNE(LabelRef(piece))
	Label(done)
	g.finish(rows, sums)
}

// piece adds the products of one piece of every row.
func (g *gemm) piece(rows int, sums [][]VecVirtual, pieces GPVirtual) {
	first := GP64()
	MOVQ(Mem{Base: pieces}, first)
	LEAQ(Mem{Base: g.a, Index: first, Scale: 4}, first)
	pointers := newRowPointers(first, g.aStride, rows)
	w, k := GP64(), gp("k")
	IMUL3Q(U8(2*g.bytes()), Mem{Base: pieces, Disp: 8}, w)
	ADDQ(g.param("panel"), w)
	loop := fmt.Sprintf("k%d", rows)
	Label(loop)
	weights := make([]VecVirtual, g.vectors)
	for v := range weights {
		weights[v] = g.vector()
		VMOVUPS(Mem{Base: w, Disp: v * g.bytes()}, weights[v])
	}
	for r := range rows {
		x := g.vector()
		VBROADCASTSS(pointers.at(r, g.aStride), x)
		for v := range weights {
			VFMADD231PS(weights[v], x, sums[r][v])
		}
	}
	for _, p := range pointers {
		ADDQ(U8(4), p)
	}
	PREFETCHT1(Mem{Base: g.ahead})
	ADDQ(g.pace, g.ahead)
	ADDQ(U32(2*g.bytes()), w)
	DECQ(k)
	JNE(LabelRef(loop))
}

// start returns sums that begin with the bias.
func (g *gemm) start(rows int) [][]VecVirtual {
	bias := Load(Param("bias"), GP64())
	sums := make([][]VecVirtual, rows)
	for r := range sums {
		sums[r] = make([]VecVirtual, g.vectors)
		for v := range sums[r] {
			sums[r][v] = g.vector()
			switch from := (Mem{Base: bias, Disp: v * g.bytes()}); {
			case r > 0:
				VMOVAPS(sums[0][v], sums[r][v])
			case v == g.vectors-1:
				g.last.load(from, sums[r][v])
			default:
				VMOVUPS(from, sums[r][v])
			}
		}
	}
	return sums
}

// rowPointers addresses many rows with few registers: each points to three
// rows, by a stride and twice the stride.
type rowPointers []GPVirtual

func (p rowPointers) at(row int, stride GPVirtual) Mem {
	m := Mem{Base: p[row/3]}
	if row%3 > 0 {
		m.Index, m.Scale = stride, uint8(row%3)
	}
	return m
}

// newRowPointers points to rows rows from first on, which is itself the first
// pointer.
func newRowPointers(first, stride GPVirtual, rows int) rowPointers {
	p := rowPointers{first}
	for len(p)*3 < rows {
		r := GP64()
		LEAQ(Mem{Base: p[len(p)-1], Index: stride, Scale: 2}, r)
		ADDQ(stride, r)
		p = append(p, r)
	}
	return p
}

// finish stores the sums and advances to the next tile.
func (g *gemm) finish(rows int, sums [][]VecVirtual) {
	g.bounded(fmt.Sprintf("%drows", rows), slices.Concat(sums...))
	g.stores(fmt.Sprintf("sums%d", rows), g.param("n"), (g.vectors-1)*g.lanes, g.last, func(store func(VecVirtual, Mem)) {
		for r := range sums {
			for v, sum := range sums[r] {
				to := Mem{Base: g.dst, Disp: v * g.bytes()}
				if v == g.vectors-1 {
					store(sum, to)
				} else {
					VMOVUPS(sum, to)
				}
			}
			ADDQ(g.dstStride, g.dst)
		}
	})
	step := GP64()
	IMUL3Q(U8(rows), g.aStride, step)
	ADDQ(step, g.a)
	SUBQ(U8(rows), g.m)
}
