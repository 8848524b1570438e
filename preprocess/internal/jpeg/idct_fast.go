package jpeg

import "math"

// The inverse DCT after Arai, Agui and Nakajima in the fixed-point arithmetic
// of libjpeg-turbo's fast integer method (JDCT_IFAST), which TensorFlow
// chooses by default: five multiplications a side, the others drawn into the
// quantization table; 16 bits, constants of 8, nothing rounded but the table.
// It wraps where libjpeg-turbo's SIMD code does.
const (
	fastConstBits = 8
	fastPassBits  = 2

	fast1_082 = 277 // 1.082392200 · 2^8
	fast1_414 = 362 // 1.414213562
	fast1_847 = 473 // 1.847759065
	fast1_613 = 413 // 2.613125930 - 1
)

// fastScale holds what the method leaves out, at 14 fractional bits.
var fastScale = func() (t [64]int32) {
	factor := func(k int) float64 {
		if k == 0 {
			return 1
		}
		return math.Cos(float64(k)*math.Pi/16) * math.Sqrt2
	}
	for i := range t {
		t[i] = int32(math.Round(factor(i/8) * factor(i%8) * (1 << 14)))
	}
	return t
}()

// fastQuant draws the scale into a quantization table.
func fastQuant(quant *[64]uint16) *[64]uint16 {
	const shift = 14 - fastPassBits
	out := new([64]uint16)
	for i, q := range quant {
		out[i] = uint16((int64(q)*int64(fastScale[i]) + 1<<(shift-1)) >> shift)
	}
	return out
}

// inverseFast dequantizes a block with a table from fastQuant and writes its
// 8 × 8 samples.
func inverseFast(dst []uint8, stride int, b *block, quant *[64]uint16) {
	var work [64]int16
	for x := range 8 {
		var v [8]int16
		for y := range 8 {
			v[y] = b[8*y+x] * int16(quant[8*y+x])
		}
		transformFast(&v)
		for y := range 8 {
			work[8*y+x] = v[y]
		}
	}
	for y := range 8 {
		v := [8]int16(work[8*y:])
		transformFast(&v)
		row := dst[y*stride:][:8]
		for x := range 8 {
			row[x] = clip(int32(v[x]>>(fastPassBits+3)) + 128)
		}
	}
}

// transformFast is one dimension.
func transformFast(v *[8]int16) {
	// Even coefficients.
	a, b := v[0]+v[4], v[0]-v[4]
	d := v[2] + v[6]
	c := times(v[2]-v[6], fast1_414) - d
	e0, e3 := a+d, a-d
	e1, e2 := b+c, b-c

	// Odd coefficients.
	z13, z10 := v[5]+v[3], v[5]-v[3]
	z11, z12 := v[1]+v[7], v[1]-v[7]
	o0 := z11 + z13
	z5 := times(z10+z12, fast1_847)
	o1 := times(z10, -fast1_613) - z10 + z5 - o0
	o2 := times(z11-z13, fast1_414) - o1
	o3 := times(z12, fast1_082) - z5 + o2

	*v = [8]int16{e0 + o0, e1 + o1, e2 + o2, e3 - o3, e3 + o3, e2 - o2, e1 - o1, e0 - o0}
}

// times multiplies as pmulhw does: the upper half of a product of two 16-bit
// numbers, shifted to the left by 8 bits between them before.
func times(v int16, constant int32) int16 {
	const before = 2
	return int16(int32(v<<before) * (constant << (16 - before - fastConstBits)) >> 16)
}
