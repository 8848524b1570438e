package main

import (
	"fmt"
	"slices"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// gemm writes a function for panels of the given number of vectors: tiles of as
// many rows as there are registers for, then one of the rows that are left. A tile
// keeps all its sums in registers and passes once over the panel. At the end of
// each block of a long sum it adds them to totals on the stack, and begins anew.
func (s isa) gemm(vectors int) {
	TEXT(fmt.Sprintf("gemm%dx%s", vectors, s.name), 0, takes(gemmCode)) // NOSPLIT has no room for the totals
	Doc(fmt.Sprintf("gemm%dx%s computes dst[i][j] = bias[j] + Σ_p Σ_l a[i·aStride+p.A+l]·panel[(p.W+l)·%d+j], held in lo … hi,", vectors, s.name, 2*s.lanes),
		fmt.Sprintf("for i < m·lines and j < n, pieces p to the last, or none if nil, and l < k, which is at least 1; n is from %d to %d.", (vectors-1)*s.lanes+1, vectors*s.lanes),
		"dst's rows lie dstStride apart, and gap floats more behind every m of them.",
		"Sums begin with first, which is the bias if total is nil. Else count pieces, or run products of one, are a block,",
		"first is zeros, and their sums are added to total, which is the bias.",
		"It prefetches from ahead bytes behind panel's beginning on, pace bytes for each of l's steps.")
	s = s.copied(gemmCode).flushing()
	g := gemm{isa: s, vectors: vectors}
	g.rows = min(12, s.rows*2/vectors) // there are addresses for twelve
	g.dst, g.a = s.gp("dst"), s.gp("a")
	g.dstStride, g.aStride = s.gp("dstStride"), s.gp("aStride")
	SHLQ(U8(2), g.dstStride)
	SHLQ(U8(2), g.aStride)
	g.ahead, g.pace = g.gp("ahead"), g.gp("pace")
	ADDQ(g.param("panel"), g.ahead)
	n := s.gp("n")
	if vectors > 1 {
		SUBQ(U8((vectors-1)*s.lanes), n)
	}
	g.last = s.tail(n)
	g.startTotals()

	g.left = AllocLocal(8)
	Label("line")
	whole := g.gp("m")
	MOVQ(whole, g.left)
	// One or two rows behind a tile would keep the units waiting for their own
	// sums: two tiles of half the size do not.
	Label("tiles")
	m := GP64()
	MOVQ(g.left, m)
	CMPQ(m, U8(g.rows+2))
	JG(LabelRef("full"))
	CMPQ(m, U8(g.rows))
	JE(LabelRef("full"))
	JG(LabelRef(fmt.Sprintf("tile%d", g.rows/2+1)))
	for rows := g.rows - 1; rows > 0; rows-- {
		next := fmt.Sprintf("not%d", rows)
		CMPQ(m, U8(rows))
		JNE(LabelRef(next))
		Label(fmt.Sprintf("tile%d", rows))
		g.tile(rows)
		JMP(LabelRef("tiles"))
		Label(next)
	}
	g.advance(g.dst, "gap")
	DECQ(s.param("lines"))
	JNE(LabelRef("line"))
	g.ret()
	Label("full")
	g.tile(g.rows)
	JMP(LabelRef("tiles"))
}

type gemm struct {
	isa
	vectors, rows                    int // of a full tile
	dst, dstStride, a, aStride, pace GPVirtual
	ahead                            GPVirtual // what to prefetch next
	last                             mask      // of the last vector of a row
	left                             Mem       // how many rows of a line are still to be done
	space                            Mem       // of the totals
}

// tile computes rows rows of a and moves dst, a and m behind them.
func (g *gemm) tile(rows int) {
	sums := g.start(rows)
	pieces, count, rest, k, w := g.gp("pieces"), g.gp("count"), GP64(), GP64(), GP64()
	piece, run, end, done := fmt.Sprintf("piece%d", rows), fmt.Sprintf("run%d", rows), fmt.Sprintf("end%d", rows), fmt.Sprintf("sum%d", rows)
	TESTQ(pieces, pieces)
	JE(LabelRef(done))
	Label(piece)
	first := GP64()
	MOVQ(Mem{Base: pieces}, first)
	LEAQ(Mem{Base: g.a, Index: first, Scale: 4}, first)
	pointers := newRowPointers(first, g.aStride, rows)
	IMUL3Q(U8(2*g.bytes()), Mem{Base: pieces, Disp: 8}, w)
	ADDQ(g.param("panel"), w)
	MOVQ(g.param("k"), rest)
	MOVQ(g.param("run"), k)
	Label(run)
	SUBQ(k, rest)
	g.run(fmt.Sprintf("k%d", rows), k, w, pointers, sums)
	TESTQ(rest, rest)
	JNE(LabelRef(end))
	CMPQ(pieces, g.param("last"))
	JE(LabelRef(done))
	ADDQ(U8(16), pieces)
	DECQ(count)
	JNE(LabelRef(piece))
	MOVQ(g.param("count"), count)
	Label(end)
	g.endBlock(sums)
	TESTQ(rest, rest)
	JE(LabelRef(piece))
	MOVQ(g.param("run"), k)
	CMPQ(rest, k)
	CMOVQLT(rest, k)
	JMP(LabelRef(run))
	Label(done)
	g.finish(rows, sums)
}

// unrolled is how many products a step of the loop adds.
const unrolled = 2

// run adds k products to every sum.
func (g *gemm) run(label string, k, w GPVirtual, pointers rowPointers, sums [][]VecVirtual) {
	few, one, done := label+"few", label+"one", label+"done"
	SUBQ(U8(unrolled), k)
	JL(LabelRef(few))
	loop(label)
	g.products(unrolled, w, pointers, sums)
	SUBQ(U8(unrolled), k)
	JGE(LabelRef(label))
	Label(few)
	ADDQ(U8(unrolled), k)
	JE(LabelRef(done))
	Label(one)
	g.products(1, w, pointers, sums)
	DECQ(k)
	JNE(LabelRef(one))
	Label(done)
}

// products adds n products to every sum.
func (g *gemm) products(n int, w GPVirtual, pointers rowPointers, sums [][]VecVirtual) {
	for i := range n {
		weights := make([]VecVirtual, g.vectors)
		for v := range weights {
			weights[v] = g.vector()
			VMOVUPS(Mem{Base: w, Disp: (2*i + v) * g.bytes()}, weights[v])
		}
		for r := range sums {
			x, from := g.vector(), pointers.at(r, g.aStride)
			from.Disp = 4 * i
			VBROADCASTSS(from, x)
			for v := range weights {
				VFMADD231PS(weights[v], x, sums[r][v])
			}
		}
		PREFETCHT1(Mem{Base: g.ahead})
		ADDQ(g.pace, g.ahead)
	}
	for _, p := range pointers {
		ADDQ(U8(4*n), p)
	}
	ADDQ(U32(2*n*g.bytes()), w)
}

// start returns sums that begin with first.
func (g *gemm) start(rows int) [][]VecVirtual {
	sums := [][]VecVirtual{g.begin(g.gp("first"))}
	for len(sums) < rows {
		row := make([]VecVirtual, g.vectors)
		for v := range row {
			row[v] = g.vector()
			VMOVAPS(sums[0][v], row[v])
		}
		sums = append(sums, row)
	}
	return sums
}

// begin returns what a row's sums begin with.
func (g *gemm) begin(from GPVirtual) []VecVirtual {
	row := make([]VecVirtual, g.vectors)
	for v := range row {
		row[v] = g.vector()
		if at := (Mem{Base: from, Disp: v * g.bytes()}); v == g.vectors-1 {
			g.last.load(at, row[v])
		} else {
			VMOVUPS(at, row[v])
		}
	}
	return row
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
	g.addTotals(rows, sums)
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
	SUBQ(U8(rows), g.left)
}
