package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// each writes a loop over n elements: body gets a way to read and to write the
// vector at the loop's place, full ones first, then the rest.
func (s isa) each(n GPVirtual, pointers []GPVirtual, body func(load func(p int) VecVirtual, store func(v VecVirtual, p int))) {
	Label("vectors")
	CMPQ(n, U8(s.lanes))
	JL(LabelRef("rest"))
	body(func(p int) VecVirtual {
		v := s.vector()
		VMOVUPS(Mem{Base: pointers[p]}, v)
		return v
	}, func(v VecVirtual, p int) { VMOVUPS(v, Mem{Base: pointers[p]}) })
	for _, p := range pointers {
		ADDQ(U8(s.bytes()), p)
	}
	SUBQ(U8(s.lanes), n)
	JMP(LabelRef("vectors"))
	Label("rest")
	TESTQ(n, n)
	JLE(LabelRef("end"))
	last := s.tail(n)
	body(func(p int) VecVirtual {
		v := s.vector()
		last.load(Mem{Base: pointers[p]}, v)
		return v
	}, func(v VecVirtual, p int) { last.store(v, Mem{Base: pointers[p]}) })
	Label("end")
	VZEROUPPER()
	RET()
}

// elementwise writes addition and multiplication of two vectors.
func (s isa) elementwise() {
	for _, f := range []struct {
		name, sign string
		op         func(...Op)
	}{{"add", "+", VADDPS}, {"mul", "·", VMULPS}} {
		TEXT(f.name+s.name, NOSPLIT, "func(dst, a, b *float32, n int)")
		Doc(f.name + s.name + " computes dst[i] = a[i] " + f.sign + " b[i] for i < n.")
		p := []GPVirtual{gp("dst"), gp("a"), gp("b")}
		s.each(gp("n"), p, func(load func(int) VecVirtual, store func(VecVirtual, int)) {
			x, y := load(1), load(2)
			f.op(y, x, x)
			store(x, 0)
		})
	}
}

func gp(param string) GPVirtual { return Load(Param(param), GP64()).(GPVirtual) }

// activations writes the functions that work in place.
func (s isa) activations() {
	s.clamp()
	s.hard()
	s.logistic()
}

// float loads a parameter into every lane.
func (s isa) float(param string) VecVirtual {
	x := Load(Param(param), XMM()).(VecVirtual)
	v := s.vector()
	VBROADCASTSS(x, v)
	return v
}

// bound writes v = min(max(v, lo), hi). The x86 instructions return their
// second source if either is NaN: that must be v.
func bound(v, lo, hi VecVirtual) {
	VMAXPS(v, lo, v)
	VMINPS(v, hi, v)
}

func (s isa) clamp() {
	TEXT("clamp"+s.name, NOSPLIT, "func(x *float32, n int, lo, hi float32)")
	Doc("clamp" + s.name + " computes x[i] = min(max(x[i], lo), hi); NaN stays.")
	lo, hi := s.float("lo"), s.float("hi")
	s.each(gp("n"), []GPVirtual{gp("x")}, func(load func(int) VecVirtual, store func(VecVirtual, int)) {
		v := load(0)
		bound(v, lo, hi)
		store(v, 0)
	})
}

// hard writes hard sigmoid and hard swish.
func (s isa) hard() {
	for _, gate := range []bool{false, true} {
		name, doc := "hardSigmoid", " computes x[i] = min(max(a·x[i]+b, 0), 1); NaN stays."
		if gate {
			name, doc = "hardSwish", " computes x[i] = x[i]·min(max(a·x[i]+b, 0), 1); NaN stays."
		}
		TEXT(name+s.name, NOSPLIT, "func(x *float32, n int, a, b float32)")
		Doc(name + s.name + doc)
		a, b := s.float("a"), s.float("b")
		low, high := s.constant(0), s.constant(1)
		s.each(gp("n"), []GPVirtual{gp("x")}, func(load func(int) VecVirtual, store func(VecVirtual, int)) {
			x, y := load(0), s.vector()
			VMULPS(x, a, y)
			VADDPS(y, b, y)
			bound(y, low, high)
			if gate {
				VMULPS(y, x, y)
			}
			store(y, 0)
		})
	}
}
