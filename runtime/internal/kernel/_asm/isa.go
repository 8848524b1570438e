package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set: how wide its vectors are and how it treats the
// last, partly filled one.
type isa struct {
	name   string // suffix of every function
	lanes  int    // floats in a vector
	rows   int    // rows of the largest tile of Gemm, by the number of registers
	vector func() VecVirtual
	tail   func(n GPVirtual) mask // the first n lanes, n from 1 to lanes
	mode   *Mem                   // in a function that flushes subnormal numbers, where the caller's mode is kept
	fields map[string]Mem         // in a function that takes a struct, its fields
}

// bytes is the size of a vector.
func (s isa) bytes() int { return 4 * s.lanes }

// mask selects the lanes of a vector that exist; the others are neither read
// nor written.
type mask interface {
	load(m Mem, v VecVirtual) // lanes outside become 0
	store(v VecVirtual, m Mem)
}

// stores writes code once for every way to store a vector of which n-before
// lanes exist, the cheapest first: a masked store costs AVX2 a dozen cycles.
func (s isa) stores(label string, n Op, before int, last mask, code func(store func(v VecVirtual, m Mem))) {
	done := LabelRef(label + "stored")
	CMPQ(n, U8(before+s.lanes))
	JNE(LabelRef(label + "part"))
	code(func(v VecVirtual, m Mem) { VMOVUPS(v, m) })
	JMP(done)
	Label(label + "part")
	if s.lanes == 8 {
		CMPQ(n, U8(before+4))
		JNE(LabelRef(label + "masked"))
		code(func(v VecVirtual, m Mem) { VMOVUPS(v.AsX(), m) })
		JMP(done)
		Label(label + "masked")
	}
	code(last.store)
	Label(label + "stored")
}

var avx512 = isa{name: "AVX512", lanes: 16, rows: 12, vector: ZMM, tail: opmaskOf}

type opmask struct{ OpmaskVirtual }

func (k opmask) load(m Mem, v VecVirtual)  { VMOVUPS_Z(m, k, v) }
func (k opmask) store(v VecVirtual, m Mem) { VMOVUPS(v, k, m) }

func opmaskOf(n GPVirtual) mask {
	bits, k := GP32(), K()
	MOVL(U32(1), bits)
	SHLXL(n.As32(), bits, bits)
	DECL(bits)
	KMOVW(bits, k)
	return opmask{k}
}

var avx2 = isa{name: "AVX2", lanes: 8, rows: 6, vector: YMM, tail: vecmaskOf}

type vecmask struct{ VecVirtual }

func (y vecmask) load(m Mem, v VecVirtual)  { VMASKMOVPS(m, y, v) }
func (y vecmask) store(v VecVirtual, m Mem) { VMASKMOVPS(v, y, m) }

// bounded holds the sums in the parameters lo … hi, which are mostly infinite, or
// 0 and infinite. NaN stays, as in bound.
func (s isa) bounded(label string, sums []VecVirtual) {
	both, done := "both"+label, "bounded"+label
	infinity := math.Float32bits(float32(math.Inf(1)))
	CMPL(s.param("hi"), U32(infinity))
	JNE(LabelRef(both))
	CMPL(s.param("lo"), U32(infinity|1<<31))
	JE(LabelRef(done))
	least := s.float("lo")
	for _, sum := range sums {
		VMAXPS(sum, least, sum)
	}
	JMP(LabelRef(done))
	Label(both)
	lo, hi := s.float("lo"), s.float("hi")
	for _, sum := range sums {
		bound(sum, lo, hi)
	}
	Label(done)
}

// loop begins a loop worth aligning: the processor keeps decoded instructions by
// such blocks of code.
func loop(label string) {
	Instruction(&ir.Instruction{Opcode: "PCALIGN", Operands: []Op{U8(32)}})
	Label(label)
}

// lanesTable holds eight set and eight clear lanes: read from entry 8-n on it
// is the mask of the first n.
var lanesTable Mem

func defineLanesTable() {
	lanesTable = GLOBL("lanes", RODATA|NOPTR)
	for i := range 16 {
		lane := U32(0)
		if i < 8 {
			lane = U32(0xffffffff)
		}
		DATA(4*i, lane)
	}
}

func vecmaskOf(n GPVirtual) mask {
	base, back, y := GP64(), GP64(), YMM()
	LEAQ(lanesTable, base)
	MOVQ(n, back)
	NEGQ(back)
	VMOVDQU(Mem{Base: base, Index: back, Scale: 4, Disp: 32}, y)
	return vecmask{y}
}

// broadcast fills a vector with a constant.
func (s isa) broadcast(bits uint32) VecVirtual {
	r, v := GP32(), s.vector()
	MOVL(U32(bits), r)
	x := XMM()
	VMOVD(r, x)
	VBROADCASTSS(x, v)
	return v
}

// constant fills a vector with f.
func (s isa) constant(f float32) VecVirtual { return s.broadcast(math.Float32bits(f)) }

// zero clears v.
func zero(v VecVirtual) { VXORPS(v, v, v) }
