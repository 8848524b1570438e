package jpeg

// The inverse DCT after Loeffler, Ligtenberg and Moschytz ("Practical fast 1-D
// DCT algorithms with 11 multiplications", 1989) in the fixed-point arithmetic
// of libjpeg's accurate integer method (JDCT_ISLOW): columns first, constants
// of 13 bits, and 2 fractional bits kept between the passes. Where it rounds
// is what makes the result the same.
const (
	constBits = 13
	passBits  = 2

	fix0_298 = 2446  // 0.298631336 · 2^13
	fix0_390 = 3196  // 0.390180644
	fix0_541 = 4433  // 0.541196100
	fix0_765 = 6270  // 0.765366865
	fix0_899 = 7373  // 0.899976223
	fix1_175 = 9633  // 1.175875602
	fix1_501 = 12299 // 1.501321110
	fix1_847 = 15137 // 1.847759065
	fix1_961 = 16069 // 1.961570560
	fix2_053 = 16819 // 2.053119869
	fix2_562 = 20995 // 2.562915447
	fix3_072 = 25172 // 3.072711026
)

// inverseAccurate dequantizes a block and writes its 8 × 8 samples.
func inverseAccurate(dst []uint8, stride int, b *block, quant *[64]uint16) {
	var work [64]int32
	for x := range 8 {
		var in [8]int32
		rest := int16(0)
		for y := range 8 {
			in[y] = int32(b[8*y+x]) * int32(quant[8*y+x])
			if y > 0 {
				rest |= b[8*y+x]
			}
		}
		if rest == 0 {
			for y := range 8 {
				work[8*y+x] = in[0] << passBits
			}
			continue
		}
		transform(&in)
		const shift = constBits - passBits
		for y, v := range in {
			work[8*y+x] = (v + 1<<(shift-1)) >> shift
		}
	}
	for y := range 8 {
		in := [8]int32(work[8*y:])
		transform(&in)
		const shift = constBits + passBits + 3
		row := dst[y*stride:][:8]
		for x, v := range in {
			row[x] = clip((v+1<<(shift-1))>>shift + 128)
		}
	}
}

// transform is one dimension; the result has constBits more fractional bits.
func transform(v *[8]int32) {
	// Even coefficients.
	z := (v[2] + v[6]) * fix0_541
	c, d := z-v[6]*fix1_847, z+v[2]*fix0_765
	a, b := (v[0]+v[4])<<constBits, (v[0]-v[4])<<constBits
	e0, e3 := a+d, a-d
	e1, e2 := b+c, b-c

	// Odd coefficients.
	o0, o1, o2, o3 := v[7], v[5], v[3], v[1]
	z1, z2, z3, z4 := o0+o3, o1+o2, o0+o2, o1+o3
	z5 := (z3 + z4) * fix1_175
	z1, z2 = -z1*fix0_899, -z2*fix2_562
	z3, z4 = z5-z3*fix1_961, z5-z4*fix0_390
	o0 = o0*fix0_298 + z1 + z3
	o1 = o1*fix2_053 + z2 + z4
	o2 = o2*fix3_072 + z2 + z3
	o3 = o3*fix1_501 + z1 + z4

	*v = [8]int32{e0 + o3, e1 + o2, e2 + o1, e3 + o0, e3 - o0, e2 - o1, e1 - o2, e0 - o3}
}

func clip(v int32) uint8 { return uint8(min(max(v, 0), 255)) }
