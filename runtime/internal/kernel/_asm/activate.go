package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// activations writes the functions of one variable, all of which read and
// write rows of n elements.
func (s isa) activations() {
	s.clamp()
	s.hard()
	s.leaky()
	s.round()
	s.logistic()
	s.exp()
	s.odd()
}

// rowParams are what every such function takes first; rowDoc says of what it
// computes the function.
const (
	rowParams = "dst *float32, dstStep int, src *float32, srcStep, rows, n int"
	rowDoc    = "dst[r·dstStep+i] = f(src[r·srcStep+i]) for r < rows, at least 1, and i < n, at least 1,"
)

// mapRows writes the loop around f, which replaces vectors that lie in
// registers.
func (s isa) mapRows(f func(v VecVirtual)) {
	s.mapLoaded(func(l loaded) {
		for _, v := range l.x {
			f(v)
		}
	})
}

// mapLoaded is mapRows for an f that takes the vectors of a step together.
func (s isa) mapLoaded(f func(loaded)) {
	s.rowLoop("src", func() {}, f, func() {})
}

// loaded is vectors of a row.
type loaded struct {
	x    []VecVirtual
	from []Op // where each can be read again, until it is stored
	last mask // of the end of a row, or nil
}

// rowLoop writes the loop over rows of dst and of the source that is so called.
// f replaces vectors in registers, two at a time, so that one's latency hides
// the other's. begin and next come before and behind each row.
func (s isa) rowLoop(source string, begin func(), f func(loaded), next func()) {
	dst, src, dstStep, srcStep, rows := s.gp("dst"), s.gp(source), s.gp("dstStep"), s.gp(source+"Step"), s.gp("rows")
	SHLQ(U8(2), dstStep)
	SHLQ(U8(2), srcStep)
	rest := s.gp("n")
	ANDQ(U8(s.lanes-1), rest)
	to, from, left := GP64(), GP64(), GP64()
	Label("row")
	MOVQ(dst, to)
	MOVQ(src, from)
	MOVQ(s.param("n"), left)
	begin()
	SUBQ(U8(2*s.lanes), left)
	JL(LabelRef("one"))
	loop("pair")
	s.straight(to, from, 2, f)
	SUBQ(U8(2*s.lanes), left)
	JGE(LabelRef("pair"))
	Label("one")
	ADDQ(U8(s.lanes), left)
	JL(LabelRef("rest"))
	s.straight(to, from, 1, f)
	Label("rest")
	TESTQ(rest, rest)
	JEQ(LabelRef("next"))
	last, v := s.tail(rest), s.vector()
	last.load(Mem{Base: from}, v)
	f(loaded{[]VecVirtual{v}, []Op{v}, last})
	s.stores("rest", rest, 0, last, func(store func(VecVirtual, Mem)) { store(v, Mem{Base: to}) })
	Label("next")
	ADDQ(dstStep, dst)
	ADDQ(srcStep, src)
	next()
	DECQ(rows)
	JNE(LabelRef("row"))
	s.ret()
}

// straight applies f to the next full vectors.
func (s isa) straight(to, from GPVirtual, vectors int, f func(loaded)) {
	var l loaded
	for i := range vectors {
		at, v := Mem{Base: from, Disp: i * s.bytes()}, s.vector()
		VMOVUPS(at, v)
		l.x, l.from = append(l.x, v), append(l.from, at)
	}
	f(l)
	for i, v := range l.x {
		VMOVUPS(v, Mem{Base: to, Disp: i * s.bytes()})
	}
	ADDQ(U32(vectors*s.bytes()), from)
	ADDQ(U32(vectors*s.bytes()), to)
}

// bound writes v = min(max(v, lo), hi). The x86 instructions return their
// second source if either is NaN: that must be v.
func bound(v, lo, hi VecVirtual) {
	VMAXPS(v, lo, v)
	VMINPS(v, hi, v)
}

func (s isa) clamp() {
	TEXT("clamp"+s.name, NOSPLIT, "func("+rowParams+", lo, hi float32)")
	Doc("clamp"+s.name+" computes "+rowDoc, "f(x) = min(max(x, lo), hi); NaN stays.")
	lo, hi := s.float("lo"), s.float("hi")
	s.mapRows(func(v VecVirtual) { bound(v, lo, hi) })
}

// hard writes hard sigmoid and hard swish.
func (s isa) hard() {
	for _, gate := range []bool{false, true} {
		name, doc := "hardSigmoid", "f(x) = min(max(a·x+b, 0), 1); NaN stays."
		if gate {
			name, doc = "hardSwish", "f(x) = x·min(max(a·x+b, 0), 1); NaN stays."
		}
		TEXT(name+s.name, NOSPLIT, "func("+rowParams+", a, b float32)")
		Doc(name+s.name+" computes "+rowDoc, doc)
		s := s.flushing()
		a, b := s.float("a"), s.float("b")
		low, high := s.constant(0), s.constant(1)
		s.mapRows(func(x VecVirtual) {
			y := s.vector()
			VMULPS(x, a, y)
			VADDPS(y, b, y)
			bound(y, low, high)
			if gate {
				VMULPS(y, x, y)
			}
			VMOVAPS(y, x)
		})
	}
}

func (s isa) leaky() {
	TEXT("leakyRelu"+s.name, NOSPLIT, "func("+rowParams+", a float32)")
	Doc("leakyRelu"+s.name+" computes "+rowDoc, "f(x) = max(x, 0) + a·min(x, 0); NaN stays.")
	s = s.flushing()
	a, none := s.float("a"), s.constant(0)
	s.mapRows(func(x VecVirtual) {
		y := s.vector()
		VMINPS(x, none, y)
		VMAXPS(x, none, x)
		VFMADD231PS(y, a, x)
	})
}

func (s isa) round() {
	TEXT("round"+s.name, NOSPLIT, "func("+rowParams+")")
	Doc("round"+s.name+" computes "+rowDoc, "f(x) = the whole number nearest to x, of two the even one; NaN stays.")
	const nearestQuietly = 8
	s.mapRows(func(v VecVirtual) {
		if s.lanes == 16 {
			VRNDSCALEPS(U8(nearestQuietly), v, v)
		} else {
			VROUNDPS(U8(nearestQuietly), v, v)
		}
	})
}
