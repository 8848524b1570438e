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
		name, doc := "sigmoid", " computes x[i] = 1 / (1 + 2^((high+low)·x[i]));"
		if gate {
			name, doc = "swish", " computes x[i] = x[i] / (1 + 2^((high+low)·x[i]));"
		}
		TEXT(name+s.name, NOSPLIT, "func(x *float32, n int, high, low, most float32)")
		Doc(name+s.name+doc, "for the power x is held in ±most; NaN stays.")
		e := s.newPower()
		s.each(gp("n"), []GPVirtual{gp("x")}, func(load func(int) VecVirtual, store func(VecVirtual, int)) {
			x, y := load(0), s.vector()
			VMOVAPS(x, y)
			e.of(y)
			VADDPS(e.poly[0], y, y)
			if gate {
				VDIVPS(y, x, y)
			} else {
				VDIVPS(y, e.poly[0], y)
			}
			store(y, 0)
		})
	}
}

// powerPoly approximates 2^f for |f| ≤ 1/2 with a relative error of 2·10⁻⁹:
// coefficients from the constant up, fitted with the least largest error.
var powerPoly = []float32{1, 0.6931472028518124, 0.24022647913388698, 0.05550332481402221,
	0.009618437446721731, 0.001339887010841732, 0.00015353326964688118}

// power holds the constants of 2^(s·x) in registers where there are enough.
type power struct {
	isa
	high, low, most, least VecVirtual
	poly                   []VecVirtual
}

func (s isa) newPower() power {
	e := power{isa: s, high: s.float("high"), low: s.float("low"), most: s.float("most"), least: s.vector()}
	zero(e.least)
	VSUBPS(e.most, e.least, e.least)
	for _, c := range powerPoly {
		e.poly = append(e.poly, s.constant(c))
	}
	return e
}

// of replaces v by 2^(s·v). The nearest whole number to s·v becomes the
// exponent; what is left, to which low adds the rest of s, is between ±1/2.
func (e power) of(v VecVirtual) {
	bound(v, e.least, e.most)
	n, f, p := e.vector(), e.vector(), e.vector()
	VMULPS(v, e.high, n)
	if e.lanes == 16 {
		VRNDSCALEPS(U8(0), n, n)
	} else {
		VROUNDPS(U8(0), n, n)
	}
	VMOVAPS(v, f)
	VFMSUB213PS(n, e.high, f)
	VFMADD231PS(v, e.low, f)
	last := len(e.poly) - 1
	VMOVAPS(e.poly[last], p)
	for i := last - 1; i >= 0; i-- {
		VFMADD213PS(e.poly[i], f, p)
	}
	if e.lanes == 16 {
		VSCALEFPS(n, p, v)
		return
	}
	// 2^n by its exponent; n is within ±126. A NaN's garbage meets a NaN in p.
	VCVTPS2DQ(n, n)
	VPSLLD(U8(23), n, n)
	VPADDD(n, p, v)
}

// constant fills a vector with f.
func (s isa) constant(f float32) VecVirtual { return s.broadcast(math.Float32bits(f)) }
