package tensor

import (
	"math"
	"sort"
)

// minifloat is a format of a sign, exponent and fraction in at most 8 bits. Codes
// without the sign, up to the largest finite value's, are in the order of their
// values.
type minifloat struct {
	fraction uint  // bits
	bias     int   // of the exponent
	most     uint8 // the code of the largest finite value
	inf, nan uint8 // codes without the sign, NaN a quiet one; 0 where there is none
	sign     uint8 // the sign's bit
	unsigned bool  // zero has no sign, and the sign's bit alone is NaN: the FNUZ formats
}

// minifloats are those of ONNX but for Float8E8M0; the 8-bit ones come from Micikevicius
// et al., FP8 Formats for Deep Learning, and Noune et al., 8-bit Numerical Formats for
// Deep Neural Networks, the smaller ones from the OCP Microscaling Formats.
var minifloats = map[DType]minifloat{
	Float8E4M3FN:   {fraction: 3, bias: 7, most: 0x7e, nan: 0x7f, sign: 0x80},
	Float8E4M3FNUZ: {fraction: 3, bias: 8, most: 0x7f, sign: 0x80, unsigned: true},
	Float8E5M2:     {fraction: 2, bias: 15, most: 0x7b, inf: 0x7c, nan: 0x7e, sign: 0x80},
	Float8E5M2FNUZ: {fraction: 2, bias: 16, most: 0x7f, sign: 0x80, unsigned: true},
	Float4E2M1:     {fraction: 1, bias: 1, most: 0x7, sign: 0x8},
	Float6E2M3:     {fraction: 3, bias: 1, most: 0x1f, sign: 0x20},
	Float6E3M2:     {fraction: 2, bias: 3, most: 0x1f, sign: 0x20},
}

// IsMinifloat reports whether d is a float of 8 bits or fewer, whose elements are
// codes in a []uint8.
func (d DType) IsMinifloat() bool {
	_, ok := minifloats[d]
	return ok || d == Float8E8M0
}

// MinifloatFrombits returns the value of a code of d, exactly.
func MinifloatFrombits(d DType, code uint8) float32 {
	if d == Float8E8M0 {
		if code == 0xff {
			return float32(math.NaN())
		}
		return float32(math.Ldexp(1, int(code)-127))
	}
	m := minifloats[d]
	magnitude := code & (m.sign - 1)
	v := m.value(magnitude)
	switch {
	case m.unsigned && code == m.sign:
		v = math.NaN()
	case m.inf != 0 && magnitude == m.inf:
		v = math.Inf(1)
	case magnitude > m.most:
		v = math.NaN()
	}
	if code&m.sign != 0 {
		v = -v
	}
	return float32(v)
}

// value is what a code without a sign, and without regard to what it means
// otherwise, stands for.
func (m minifloat) value(magnitude uint8) float64 {
	e, f := int(magnitude>>m.fraction), float64(magnitude&(1<<m.fraction-1))
	if e == 0 {
		return math.Ldexp(f, 1-m.bias-int(m.fraction))
	}
	return math.Ldexp(f+float64(int(1)<<m.fraction), e-m.bias-int(m.fraction))
}

// Minifloatbits returns the code of d nearest to f, ties to even. Too large a value
// becomes the largest finite one if saturate is set or d has nothing else, otherwise
// an infinity or NaN. NaN is -0 where d has none. Float8E8M0 rounds up.
func Minifloatbits(d DType, f float64, saturate bool) uint8 {
	if d == Float8E8M0 {
		return Float8E8M0bits(f, math.Ceil, saturate)
	}
	m := minifloats[d]
	sign := uint8(0)
	if math.Signbit(f) {
		sign = m.sign
	}
	nan := sign | m.nan
	if m.nan == 0 {
		nan = m.sign // or -0 where there is none
	}
	if f != f {
		return nan
	}
	f = math.Abs(f)
	// The first code that is not below f; one above the largest stands for all beyond.
	code := uint8(sort.Search(int(m.most)+1, func(i int) bool { return m.value(uint8(i)) >= f }))
	if code > 0 {
		half := (m.value(code-1) + m.value(code)) / 2
		if f < half || f == half && code&1 == 1 {
			code--
		}
	}
	switch {
	case code <= m.most:
	case saturate || m.inf == 0 && m.nan == 0 && !m.unsigned:
		code = m.most
	case m.inf != 0:
		code = m.inf
	default:
		return nan
	}
	if code == 0 && m.unsigned {
		sign = 0
	}
	return sign | code
}

// Float8E8M0bits returns the code of a power of two: for f = (1+x)·2ⁿ that of 2ⁿ or,
// if round makes 1 of x, of 2ⁿ⁺¹; for what is out of range the nearest one if saturate
// is set. Everything else is NaN.
func Float8E8M0bits(f float64, round func(float64) float64, saturate bool) uint8 {
	const nan, most = 0xff, 0xfe
	fraction, exponent := math.Frexp(f) // f is fraction·2^exponent, fraction in ½ … 1
	switch {
	case f != f || f < 0 || !saturate && (f == 0 || math.IsInf(f, 0)):
		return nan
	case f == 0:
		return 0
	case math.IsInf(f, 0):
		return most
	}
	code := float64(exponent-1+127) + round(2*fraction-1)
	switch {
	case code >= 0 && code <= most, saturate:
		return uint8(IntWithin(code, 0, most))
	}
	return nan
}
