package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// elementwise writes addition and multiplication of rows.
func (s isa) elementwise() {
	for _, f := range []struct {
		name, sign string
		op         func(...Op)
	}{{"add", "+", VADDPS}, {"mul", "·", VMULPS}} {
		TEXT(f.name+s.name, NOSPLIT, "func(dst *float32, dstStep int, a *float32, aStep int, b *float32, bStep, rows, n int)")
		Doc(f.name+s.name+" computes dst[r·dstStep+i] = a[r·aStep+i] "+f.sign+" b[r·bStep+i] for r < rows, at least 1,",
			"and i < n, at least 1.")
		b, bStep, bAt := gp("b"), gp("bStep"), GP64()
		SHLQ(U8(2), bStep)
		s.rowLoop("a", func() { MOVQ(b, bAt) }, func(list []VecVirtual, last mask) {
			for i, v := range list {
				from := Mem{Base: bAt, Disp: i * s.bytes()}
				if last == nil {
					f.op(from, v, v)
					continue
				}
				w := s.vector()
				last.load(from, w)
				f.op(w, v, v)
			}
			if last == nil {
				ADDQ(U32(len(list)*s.bytes()), bAt)
			}
		}, func() { ADDQ(bStep, b) })
	}
}

func gp(param string) GPVirtual { return Load(Param(param), GP64()).(GPVirtual) }

// float loads a parameter into every lane.
func (s isa) float(param string) VecVirtual {
	v := s.vector()
	VBROADCASTSS(s.param(param), v)
	return v
}
