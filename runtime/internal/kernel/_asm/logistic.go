package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// logistic writes sigmoid and swish: with s = -alpha·log2(e), of which an
// eighth comes as scale, 1 / (1 + 2^(s·x)). That scale is rounded costs 2^(s·x)
// a relative error of 1.4·10⁻⁸·|x| at alpha 1.
func (s isa) logistic() {
	for _, gate := range []bool{false, true} {
		name, doc := "sigmoid", "f(x) = 1 / (1 + 2^(8·scale·x));"
		if gate {
			name, doc = "swish", "f(x) = x / (1 + 2^(8·scale·x));"
		}
		TEXT(name+s.name, NOSPLIT, "func("+rowParams+", scale, most float32)")
		Doc(name+s.name+" computes "+rowDoc, doc, "for the power x is held in ±most; NaN stays.")
		l := s.newLogistic()
		s.mapRows(func(x VecVirtual) {
			numerator, denominator := l.fraction(x)
			if gate {
				VMULPS(numerator, x, numerator)
			}
			VDIVPS(denominator, numerator, x)
		})
	}
}

// With g = f/8, |f| ≤ 1/2, p = g·(line + cubic·g²) and q = square + g²,
// 2^f = (q+p) / (q-p) with a relative error of 10⁻⁸: the form of Padé's
// approximation of order 3 over 3, fitted with the least largest error.
const (
	line   = 7.213463306427002 / 8
	cubic  = 0.057762064039707184 * 8
	square = 20.813655853271484 / 64
)

// rounder, added to an eighth of a number of ±126, leaves the nearest whole
// number plus 127 in the last bits: the exponent of the power of two.
const rounder = 3<<19 + 127./8

// logistic holds what does not change in registers.
type logistic struct {
	isa
	scale, most, least, rounder, line, cubic, square VecVirtual
}

func (s isa) newLogistic() logistic {
	l := logistic{isa: s, scale: s.float("scale"), most: s.float("most"), least: s.vector(), rounder: s.constant(rounder),
		line: s.constant(line), cubic: s.constant(cubic), square: s.constant(square)}
	zero(l.least)
	VSUBPS(l.most, l.least, l.least)
	return l
}

// fraction returns 1 / (1 + 2^(s·x)) as the numerator q-p and the denominator
// q-p + 2^n·(q+p).
func (l logistic) fraction(x VecVirtual) (numerator, denominator VecVirtual) {
	less, more, n := l.power(x)
	VFMADD213PS(less, n, more)
	return less, more
}

// power returns 2^(s·x) as q-p, q+p and 2^n, where n is the nearest whole number
// to s·x and f the rest.
func (l logistic) power(x VecVirtual) (less, more, n VecVirtual) {
	t, g, q, ratio := l.vector(), l.vector(), l.vector(), l.vector()
	n = l.vector()
	VMAXPS(x, l.least, t)
	VMINPS(t, l.most, t)
	VMOVAPS(l.rounder, n)
	VFMADD231PS(t, l.scale, n)
	VSUBPS(l.rounder, n, g)
	VFMSUB231PS(t, l.scale, g)
	VPSLLD(U8(23), n, n)
	VMULPS(g, g, q)
	VMOVAPS(l.cubic, ratio)
	VFMADD213PS(l.line, q, ratio) // p/g
	VADDPS(l.square, q, q)
	VMOVAPS(g, t)
	VFNMADD213PS(q, ratio, t)
	VFMADD213PS(q, ratio, g)
	return t, g, n
}

// exp writes 2^(8·scale·(x-shift)).
func (s isa) exp() {
	TEXT("exp"+s.name, NOSPLIT, "func("+rowParams+", shift, scale, most float32)")
	Doc("exp"+s.name+" computes "+rowDoc, "f(x) = 2^(8·scale·(x-shift));", "for that x-shift is held in ±most; NaN stays.")
	shift := s.float("shift")
	l := s.newLogistic()
	s.mapRows(func(x VecVirtual) {
		VSUBPS(shift, x, x)
		less, more, n := l.power(x)
		VMULPS(n, more, more)
		VDIVPS(less, more, x)
	})
}
