package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A table of an odd function has each of its numbers as often as a vector of
// 16 holds: first most and bound, then P's six coefficients and Q's last five,
// the highest power first.
const (
	entryBytes = 64
	oddP, oddQ = 6, 5
)

// odd writes x·P(x²) / Q(x²), and the product of x and a half more than that.
func (s isa) odd() {
	for _, gate := range []bool{false, true} {
		name, doc := "odd", "f(x) = x·P(x²) / Q(x²), held in ±bound;"
		if gate {
			name, doc = "oddGate", "f(x) = x·(½ + x·P(x²) / Q(x²)), the quotient held in ±bound;"
		}
		TEXT(name+s.name, NOSPLIT, "func("+rowParams+", table *float32)")
		Doc(name+s.name+" computes "+rowDoc, doc, "in the quotient x is held in ±most. Both bounds and the coefficients are table's. NaN stays.")
		s := s.flushing()
		table := s.gp("table")
		most, bound1 := s.vector(), s.vector()
		VMOVUPS(Mem{Base: table}, most)
		VMOVUPS(Mem{Base: table, Disp: entryBytes}, bound1)
		least, bound0 := s.negated(most), s.negated(bound1)
		half, one := s.constant(0.5), s.constant(1)
		s.mapRows(func(x VecVirtual) {
			r, z := s.vector(), s.vector()
			VMOVAPS(x, r)
			bound(r, least, most)
			VMULPS(r, r, z)
			p := s.polynomial(table, 2, oddP, z)
			VMULPS(p, r, r)
			q := s.polynomial(table, 2+oddP, oddQ, z)
			VFMADD213PS(one, z, q)
			VDIVPS(q, r, r)
			bound(r, bound0, bound1)
			if gate {
				VADDPS(half, r, r)
				VMULPS(r, x, x)
			} else {
				VMOVAPS(r, x)
			}
		})
	}
}

// polynomial evaluates the one whose n coefficients are the table's from entry
// first on.
func (s isa) polynomial(table GPVirtual, first, n int, z VecVirtual) VecVirtual {
	v := s.vector()
	VMOVUPS(Mem{Base: table, Disp: first * entryBytes}, v)
	for i := first + 1; i < first+n; i++ {
		VFMADD213PS(Mem{Base: table, Disp: i * entryBytes}, z, v)
	}
	return v
}

func (s isa) negated(v VecVirtual) VecVirtual {
	n := s.vector()
	zero(n)
	VSUBPS(v, n, n)
	return n
}
