package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// logistic writes sigmoid and swish: with s = -alpha·log2(e), which comes as
// the sum of two floats, 1 / (1 + 2^(s·x)).
func (s isa) logistic() {
	for _, gate := range []bool{false, true} {
		name, doc := "sigmoid", "f(x) = 1 / (1 + 2^((high+low)·x));"
		if gate {
			name, doc = "swish", "f(x) = x / (1 + 2^((high+low)·x));"
		}
		TEXT(name+s.name, NOSPLIT, "func("+rowParams+", high, low, most float32)")
		Doc(name+s.name+" computes "+rowDoc, doc, "for the power x is held in ±most; NaN stays.")
		l := s.newLogistic()
		s.rowLoop(func(list ...VecVirtual) {
			for _, x := range list {
				d := l.denominator(x)
				if gate {
					VDIVPS(d, x, x)
				} else {
					VDIVPS(d, l.one, x)
				}
			}
		})
	}
}

// powerPoly approximates 2^f for |f| ≤ 1/2 with a relative error of 10⁻⁷:
// coefficients from the constant up, fitted with the least largest relative
// error.
var powerPoly = []float32{1, 0.6931470036506653, 0.24022242426872253, 0.05550733581185341, 0.009671512991189957, 0.001326472731307149}

// rounder, added to a number of ±126, leaves the nearest whole number plus
// 127 in the last bits: the exponent of the power of two.
const rounder = 3<<22 + 127

// constants holds powerPoly and rounder in full vectors, since there are not
// registers enough.
var constants Mem

const constantBytes = 64

func defineConstants() {
	constants = GLOBL("constants", RODATA|NOPTR)
	for i, c := range append([]float32{rounder}, powerPoly...) {
		for lane := range constantBytes / 4 {
			DATA(constantBytes*i+4*lane, U32(math.Float32bits(c)))
		}
	}
}

// logistic holds what does not change in registers.
type logistic struct {
	isa
	high, low, most, least, one VecVirtual
	table                       GPVirtual // of constants
}

func (s isa) newLogistic() logistic {
	l := logistic{isa: s, high: s.float("high"), low: s.float("low"), most: s.float("most"), least: s.vector(), one: s.constant(1), table: GP64()}
	zero(l.least)
	VSUBPS(l.most, l.least, l.least)
	LEAQ(constants, l.table)
	return l
}

func (l logistic) constant(i int) Mem { return Mem{Base: l.table, Disp: constantBytes * i} }

// denominator returns 1 + 2^(s·x). What rounding leaves of s·x, to which low
// adds the rest of s, is between ±1/2.
func (l logistic) denominator(x VecVirtual) VecVirtual {
	t, n, f, p := l.vector(), l.vector(), l.vector(), l.vector()
	VMAXPS(x, l.least, t)
	VMINPS(t, l.most, t)
	VMOVUPS(l.constant(0), n)
	VFMADD231PS(t, l.high, n)
	VSUBPS(l.constant(0), n, f)
	VFMSUB231PS(t, l.high, f)
	VFMADD231PS(t, l.low, f)
	last := len(powerPoly) - 1
	VMOVUPS(l.constant(1+last), p)
	for i := last - 1; i >= 0; i-- {
		VFMADD213PS(l.constant(1+i), f, p)
	}
	VPSLLD(U8(23), n, n)
	VFMADD213PS(l.one, n, p) // a NaN in p stays one
	return p
}
