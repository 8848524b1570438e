package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// logistic writes sigmoid and swish: with s = -alpha·log2(e), of which an
// eighth comes as the sum of two floats, 1 / (1 + 2^(s·x)).
func (s isa) logistic() {
	for _, gate := range []bool{false, true} {
		name, doc := "sigmoid", "f(x) = 1 / (1 + 2^(8·(high+low)·x));"
		if gate {
			name, doc = "swish", "f(x) = x / (1 + 2^(8·(high+low)·x));"
		}
		TEXT(name+s.name, NOSPLIT, "func("+rowParams+", high, low, most float32)")
		Doc(name+s.name+" computes "+rowDoc, doc, "for the power x is held in ±most; NaN stays.")
		l := s.newLogistic()
		s.mapRows(func(list []VecVirtual) {
			for _, w := range l.fractions(list) {
				if gate {
					VMULPS(w.numerator, w.x, w.numerator)
				}
				VDIVPS(w.denominator, w.numerator, w.x)
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

// rounder, added to an eighth of a number of ±126, leaves the nearest whole
// number plus 127 in the last bits: the exponent of the power of two.
const rounder = 3<<19 + 127./8

// constants are the polynomials' numbers in full vectors: two vectors at work
// leave no registers for them.
var constants Mem

const constantBytes = 64

func defineConstants() {
	constants = GLOBL("constants", RODATA|NOPTR)
	for i, c := range []float32{line, cubic, square} {
		for lane := range constantBytes / 4 {
			DATA(constantBytes*i+4*lane, U32(math.Float32bits(c)))
		}
	}
}

func constant(i int) Mem { return constants.Offset(constantBytes * i) }

// logistic holds what does not change in registers.
type logistic struct {
	isa
	high, low, most, least, rounder VecVirtual
}

func (s isa) newLogistic() logistic {
	l := logistic{isa: s, high: s.float("high"), low: s.float("low"), most: s.float("most"), least: s.vector(), rounder: s.constant(rounder)}
	zero(l.least)
	VSUBPS(l.most, l.least, l.least)
	return l
}

// sigmoid is the work on one vector: 1 / (1 + 2^(s·x)) is the quotient of
// numerator, q-p, and denominator, q-p + 2^n·(q+p), where n is the nearest
// whole number to s·x and f the rest.
type sigmoid struct{ x, n, g, numerator, denominator VecVirtual }

// fractions computes several vectors' fractions side by side, since each
// operation waits for the one before.
func (l logistic) fractions(list []VecVirtual) []sigmoid {
	work := make([]sigmoid, len(list))
	for i, x := range list {
		work[i] = sigmoid{x, l.vector(), l.vector(), l.vector(), l.vector()}
	}
	for _, step := range []func(w sigmoid){
		func(w sigmoid) { VMAXPS(w.x, l.least, w.g) },
		func(w sigmoid) { VMINPS(w.g, l.most, w.g) },
		func(w sigmoid) { VMOVAPS(l.rounder, w.n) },
		func(w sigmoid) { VFMADD231PS(w.g, l.high, w.n) },
		func(w sigmoid) { VSUBPS(l.rounder, w.n, w.numerator) },
		func(w sigmoid) { VFMSUB231PS(w.g, l.high, w.numerator) },
		func(w sigmoid) { VFMADD132PS(l.low, w.numerator, w.g) },
		func(w sigmoid) { VMULPS(w.g, w.g, w.denominator) },
		func(w sigmoid) { VMOVUPS(constant(1), w.numerator) },
		func(w sigmoid) { VFMADD213PS(constant(0), w.denominator, w.numerator) },
		func(w sigmoid) { VADDPS(constant(2), w.denominator, w.denominator) }, // q
		func(w sigmoid) { VMULPS(w.numerator, w.g, w.g) },                     // p
		func(w sigmoid) { VPSLLD(U8(23), w.n, w.n) },
		func(w sigmoid) { VSUBPS(w.g, w.denominator, w.numerator) },
		func(w sigmoid) { VADDPS(w.g, w.denominator, w.denominator) },
		func(w sigmoid) { VFMADD213PS(w.numerator, w.n, w.denominator) },
	} {
		for _, w := range work {
			step(w)
		}
	}
	return work
}
