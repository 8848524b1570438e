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

// float loads a parameter into every lane.
func (s isa) float(param string) VecVirtual {
	v := s.vector()
	VBROADCASTSS(s.param(param), v)
	return v
}
