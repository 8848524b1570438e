package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// elementwise writes the functions of two rows.
func (s isa) elementwise() {
	for _, f := range []struct {
		name, doc string
		op        func(b, a VecVirtual)
		flush     bool
	}{
		{"add", "a + b", func(b, a VecVirtual) { VADDPS(b, a, a) }, true},
		{"sub", "a - b", func(b, a VecVirtual) { VSUBPS(b, a, a) }, true},
		{"mul", "a · b", func(b, a VecVirtual) { VMULPS(b, a, a) }, true},
		{"div", "a / b", func(b, a VecVirtual) { VDIVPS(b, a, a) }, false},
		{"max", "the greater of a and b, NaN if one is", s.greater, false},
	} {
		TEXT(f.name+s.name, NOSPLIT, "func(dst *float32, dstStep int, a *float32, aStep int, b *float32, bStep, rows, n int)")
		Doc(f.name+s.name+" computes "+f.doc+" for a[r·aStep+i] and b[r·bStep+i]: dst[r·dstStep+i]",
			"for r < rows, at least 1, and i < n, at least 1.")
		s := s
		if f.flush {
			s = s.flushing()
		}
		b, bStep, bAt := s.gp("b"), s.gp("bStep"), GP64()
		SHLQ(U8(2), bStep)
		s.rowLoop("a", func() { MOVQ(b, bAt) }, func(l loaded) {
			for i, v := range l.x {
				w, from := s.vector(), Mem{Base: bAt, Disp: i * s.bytes()}
				if l.last == nil {
					VMOVUPS(from, w)
				} else {
					l.last.load(from, w)
				}
				f.op(w, v)
			}
			if l.last == nil {
				ADDQ(U32(len(l.x)*s.bytes()), bAt)
			}
		}, func() { ADDQ(bStep, b) })
	}
}

// greater makes a the greater of a and b. The instruction returns its second
// source if either is NaN: of both orders, one has it, and NaN's bits win.
func (s isa) greater(b, a VecVirtual) {
	v := s.vector()
	VMAXPS(a, b, v)
	VMAXPS(b, a, a)
	VORPS(v, a, a)
}
