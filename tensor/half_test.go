package tensor

import (
	"math"
	"testing"
)

var halfFormats = []struct {
	name   string
	encode func(float64) uint16
	decode func(uint16) float32
	inf    uint16
}{
	{"float16", Float16bits, Float16frombits, 0x7c00},
	{"bfloat16", BFloat16bits, BFloat16frombits, 0x7f80},
}

// TestHalfRoundTrip takes every finite value and infinity there and back.
func TestHalfRoundTrip(t *testing.T) {
	for _, f := range halfFormats {
		for b := range 1 << 16 {
			bits := uint16(b)
			v := float64(f.decode(bits))
			if nan := bits&0x7fff > f.inf; nan != math.IsNaN(v) {
				t.Fatalf("%s %#04x is %v", f.name, bits, v)
			} else if nan {
				if got := f.encode(v); got&0x7fff <= f.inf {
					t.Fatalf("%s: NaN became %#04x", f.name, got)
				}
				continue
			}
			if got := f.encode(v); got != bits {
				t.Fatalf("%s %#04x is %v, which is %#04x", f.name, bits, v, got)
			}
		}
	}
}

// TestHalfRounding checks the values between any two neighbours: halfway goes
// to the even one, anything else to the nearer.
func TestHalfRounding(t *testing.T) {
	for _, f := range halfFormats {
		for lo := uint16(0); lo < f.inf-1; lo++ {
			a, b := float64(f.decode(lo)), float64(f.decode(lo+1))
			middle := (a + b) / 2
			even := lo + lo&1
			for _, c := range []struct {
				v    float64
				want uint16
			}{
				{middle, even},
				{math.Nextafter(middle, a), lo},
				{math.Nextafter(middle, b), lo + 1},
			} {
				if got := f.encode(c.v); got != c.want {
					t.Fatalf("%s: %v became %#04x, want %#04x", f.name, c.v, got, c.want)
				}
				if got := f.encode(-c.v); got != c.want|0x8000 {
					t.Fatalf("%s: %v became %#04x, want %#04x", f.name, -c.v, got, c.want|0x8000)
				}
			}
		}
	}
}

func TestHalfOverflow(t *testing.T) {
	for _, c := range []struct {
		got, want uint16
	}{
		{Float16bits(65519.99), 0x7bff},
		{Float16bits(65520), 0x7c00},
		{Float16bits(-1e300), 0xfc00},
		{Float16bits(math.Inf(1)), 0x7c00},
		{Float16bits(5e-324), 0},
		{Float16bits(math.Copysign(0, -1)), 0x8000},
		{BFloat16bits(0x1.fefffp127), 0x7f7f},
		{BFloat16bits(0x1.ffp127), 0x7f80},
	} {
		if c.got != c.want {
			t.Errorf("got %#04x, want %#04x", c.got, c.want)
		}
	}
}
