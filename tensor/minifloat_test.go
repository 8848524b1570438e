package tensor

import (
	"math"
	"testing"
)

// TestMinifloatRoundTrip takes every code there and back.
func TestMinifloatRoundTrip(t *testing.T) {
	for d := range minifloats {
		for code := range 1 << d.Bits() {
			v := float64(MinifloatFrombits(d, uint8(code)))
			got := Minifloatbits(d, v, false)
			if v != v {
				if back := MinifloatFrombits(d, got); back == back {
					t.Errorf("%s: NaN %#x became %#x", d, code, got)
				}
			} else if got != uint8(code) {
				t.Errorf("%s: %#x is %v, which became %#x", d, code, v, got)
			}
		}
	}
	for code := range 255 {
		v := float64(MinifloatFrombits(Float8E8M0, uint8(code)))
		if got := Minifloatbits(Float8E8M0, v, false); int(got) != code {
			t.Errorf("float8e8m0: %#x is %v, which became %#x", code, v, got)
		}
	}
}

// TestMinifloatRounding checks the values between any two neighbours: halfway goes
// to the even one, anything else to the nearer.
func TestMinifloatRounding(t *testing.T) {
	for d, m := range minifloats {
		for lo := range m.most {
			a, b := float64(MinifloatFrombits(d, lo)), float64(MinifloatFrombits(d, lo+1))
			middle := (a + b) / 2
			for v, want := range map[float64]uint8{middle: lo + lo&1, math.Nextafter(middle, a): lo, math.Nextafter(middle, b): lo + 1} {
				if got := Minifloatbits(d, v, true); got != want {
					t.Errorf("%s: %v became %#x, want %#x", d, v, got, want)
				}
				if got := Minifloatbits(d, -v, true); got != want|m.sign && (want > 0 || !m.unsigned) {
					t.Errorf("%s: %v became %#x, want %#x", d, -v, got, want|m.sign)
				}
			}
		}
	}
}

// TestMinifloatEdges: the largest values are those of the formats' papers; what is
// beyond is as ONNX has it in its description of Cast.
func TestMinifloatEdges(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		d        DType
		f        float64
		saturate bool
		want     uint8
	}{
		{Float8E4M3FN, 448, false, 0x7e}, {Float8E4M3FN, 464, false, 0x7e}, {Float8E4M3FN, 465, false, 0x7f}, {Float8E4M3FN, 465, true, 0x7e},
		{Float8E4M3FN, -inf, false, 0xff}, {Float8E4M3FN, -inf, true, 0xfe}, {Float8E4M3FN, math.Copysign(0, -1), true, 0x80},
		{Float8E4M3FNUZ, 240, false, 0x7f}, {Float8E4M3FNUZ, inf, false, 0x80}, {Float8E4M3FNUZ, -1e-9, true, 0}, {Float8E4M3FNUZ, math.NaN(), true, 0x80},
		{Float8E5M2, 57344, false, 0x7b}, {Float8E5M2, 61440, false, 0x7c}, {Float8E5M2, 61440, true, 0x7b}, {Float8E5M2, -inf, false, 0xfc}, {Float8E5M2, math.NaN(), false, 0x7e},
		{Float8E5M2FNUZ, 57344, false, 0x7f}, {Float8E5M2FNUZ, 1e6, false, 0x80}, {Float8E5M2FNUZ, 1e6, true, 0x7f},
		{Float4E2M1, 6, false, 0x7}, {Float4E2M1, -100, false, 0xf}, {Float4E2M1, math.NaN(), false, 0x8},
		{Float6E2M3, 7.5, false, 0x1f}, {Float6E3M2, 28, false, 0x1f}, {Float6E3M2, 1000, false, 0x1f},
		{Float8E8M0, 1.1, true, 128}, {Float8E8M0, 1, true, 127}, {Float8E8M0, 0, true, 0}, {Float8E8M0, 0, false, 255}, {Float8E8M0, inf, true, 254}, {Float8E8M0, -1, true, 255},
	} {
		if got := Minifloatbits(c.d, c.f, c.saturate); got != c.want {
			t.Errorf("%s, saturate %v: %v became %#x, want %#x", c.d, c.saturate, c.f, got, c.want)
		}
	}
	for code, want := range map[uint8]float64{0x7c: inf, 0xfc: -inf, 0x01: 0x1p-16} {
		if got := float64(MinifloatFrombits(Float8E5M2, code)); got != want {
			t.Errorf("float8e5m2 %#x is %v, want %v", code, got, want)
		}
	}
	for v, want := range map[float64][2]uint8{1.4: {127, 127}, 1.5: {127, 128}} {
		down, nearest := Float8E8M0bits(v, math.Floor, true), Float8E8M0bits(v, func(x float64) float64 { return math.Floor(x + 0.5) }, true)
		if down != want[0] || nearest != want[1] {
			t.Errorf("float8e8m0: %v became %d and %d, want %v", v, down, nearest, want)
		}
	}
}
