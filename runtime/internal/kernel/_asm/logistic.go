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
		TEXT(name+s.name, NOSPLIT, "func("+rowParams+", scale, least, most float32)")
		Doc(name+s.name+" computes "+rowDoc, doc, "for the power x is held in least … most; NaN stays.")
		s := s.flushing()
		l := s.newLogistic()
		s.mapLoaded(func(v loaded) {
			numerator, denominator := l.fraction(v.x)
			for i, x := range v.x {
				if gate {
					VMULPS(v.from[i], numerator[i], numerator[i])
				}
				VDIVPS(denominator[i], numerator[i], x)
			}
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

// rounder, added to an eighth of a number from -127 to 128, leaves the nearest whole
// number plus 127 in the last bits: the exponent of the power of two, which is 0 at
// -127 and infinite at 128.
const rounder = 3<<19 + 127./8

// logistic holds what does not change in registers.
type logistic struct {
	isa
	scale, most, least, rounder, line, cubic, square VecVirtual
}

func (s isa) newLogistic() logistic {
	return logistic{isa: s, scale: s.float("scale"), most: s.float("most"), least: s.float("least"), rounder: s.constant(rounder),
		line: s.constant(line), cubic: s.constant(cubic), square: s.constant(square)}
}

// fraction returns 1 / (1 + 2^(s·x)) of each x as the numerators q-p and the
// denominators q-p + 2^n·(q+p).
func (l logistic) fraction(x []VecVirtual) (numerator, denominator []VecVirtual) {
	less, more, n := l.power(x)
	for i := range x {
		VFMADD213PS(less[i], n[i], more[i])
	}
	return less, more
}

// power returns 2^(s·x) of each x as q-p, q+p and 2^n, where n is the nearest whole
// number to s·x and f the rest. The vectors take turns, step by step, as far as
// sixteen registers hold both.
func (l logistic) power(x []VecVirtual) (less, more, n []VecVirtual) {
	vectors := func() []VecVirtual {
		list := make([]VecVirtual, len(x))
		for i := range list {
			list[i] = l.vector()
		}
		return list
	}
	n, less, more = vectors(), vectors(), vectors()
	t, g, q, ratio := vectors(), more, vectors(), vectors() // ratio is p/g
	for _, step := range []func(i int){
		func(i int) { VMAXPS(x[i], l.least, t[i]) },
		func(i int) { VMINPS(t[i], l.most, t[i]) },
		func(i int) { VMOVAPS(l.rounder, n[i]); VFMADD231PS(t[i], l.scale, n[i]) },
		func(i int) { VSUBPS(l.rounder, n[i], g[i]) },
		func(i int) { VFMSUB231PS(t[i], l.scale, g[i]) },
		func(i int) { VPSLLD(U8(23), n[i], n[i]) },
		func(i int) { VMULPS(g[i], g[i], q[i]) },
		func(i int) { VMOVAPS(l.cubic, ratio[i]); VFMADD213PS(l.line, q[i], ratio[i]) },
		func(i int) { VADDPS(l.square, q[i], q[i]) },
		func(i int) {
			VMOVAPS(g[i], less[i])
			VFNMADD213PS(q[i], ratio[i], less[i])
			VFMADD213PS(q[i], ratio[i], g[i])
		},
	} {
		for i := range x {
			step(i)
		}
	}
	return less, more, n
}

// exp writes 2^(8·scale·(x-shift)).
func (s isa) exp() {
	TEXT("exp"+s.name, NOSPLIT, "func("+rowParams+", shift, scale, least, most float32)")
	Doc("exp"+s.name+" computes "+rowDoc, "f(x) = 2^(8·scale·(x-shift));", "for that x-shift is held in least … most; NaN stays.")
	s = s.flushing()
	shift := s.float("shift")
	l := s.newLogistic()
	s.mapRows(func(x VecVirtual) {
		VSUBPS(shift, x, x)
		less, more, n := l.power([]VecVirtual{x})
		VMULPS(n[0], more[0], more[0])
		VDIVPS(less[0], more[0], x)
	})
}
