package tensor

import "math"

// Float16bits returns the IEEE 754 binary16 nearest to f, ties to even. Too
// large a value becomes an infinity; NaN stays NaN, with its sign.
func Float16bits(f float64) uint16 { return roundTo(f, 5, 10) }

// Float16frombits returns the value of a binary16, exactly.
func Float16frombits(b uint16) float32 { return expand(b, 5, 10) }

// BFloat16bits returns the bfloat16 nearest to f, ties to even. Too large a
// value becomes an infinity; NaN stays NaN, with its sign.
func BFloat16bits(f float64) uint16 { return roundTo(f, 8, 7) }

// BFloat16frombits returns the value of a bfloat16, exactly.
func BFloat16frombits(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// roundTo rounds f to a 16-bit float with a sign, exp bits of exponent and mant
// bits of fraction.
func roundTo(f float64, exp, mant uint) uint16 {
	bits := math.Float64bits(f)
	sign := uint16(bits >> 63 << 15)
	inf := uint16(1<<exp-1) << mant
	magnitude := bits &^ (1 << 63)
	if magnitude > 0x7ff<<52 {
		return sign | inf | 1<<(mant-1) // NaN, quiet
	}
	// Rebase the exponent. A result below the smallest normal keeps fewer
	// bits: the fraction, its hidden one restored, is shifted further.
	e := int(magnitude>>52) - 1023 + 1<<(exp-1) - 1
	fraction := magnitude&(1<<52-1) | 1<<52
	drop := 52 - mant
	if e < 1 {
		drop += uint(1 - e)
		e = 1
	}
	if drop > 54 {
		return sign // below half of the smallest subnormal
	}
	// Adding the fraction to an exponent one too small lets its hidden one,
	// and a carry from rounding, raise the exponent.
	r := fraction >> drop
	if rest, half := fraction&(1<<drop-1), uint64(1)<<(drop-1); rest > half || rest == half && r&1 == 1 {
		r++
	}
	if r += uint64(e-1) << mant; r >= uint64(inf) {
		return sign | inf
	}
	return sign | uint16(r)
}

// expand is the value of such a float. It is exact in float32 for a binary16.
func expand(b uint16, exp, mant uint) float32 {
	e := int(b >> mant & (1<<exp - 1))
	fraction := float64(b & (1<<mant - 1))
	bias := 1<<(exp-1) - 1
	var v float64
	switch {
	case e == 1<<exp-1 && fraction != 0:
		return math.Float32frombits(uint32(b>>15)<<31 | 0xff<<23 | uint32(b&(1<<mant-1))<<(23-mant))
	case e == 1<<exp-1:
		v = math.Inf(1)
	case e == 0:
		v = math.Ldexp(fraction, 1-bias-int(mant))
	default:
		v = math.Ldexp(fraction+float64(int(1)<<mant), e-bias-int(mant))
	}
	if b>>15 != 0 {
		v = -v
	}
	return float32(v)
}
