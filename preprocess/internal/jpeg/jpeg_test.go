package jpeg

import (
	"math"
	"math/rand/v2"
	"testing"
)

// slowInverse is the inverse DCT as T.81 A.3.3 defines it.
func slowInverse(b *block, quant *[64]uint16, x, y int) float64 {
	sum := 0.0
	for v := range 8 {
		for u := range 8 {
			c := float64(b[8*v+u]) * float64(quant[8*v+u]) / 4
			if u == 0 {
				c /= math.Sqrt2
			}
			if v == 0 {
				c /= math.Sqrt2
			}
			sum += c * math.Cos(float64((2*x+1)*u)*math.Pi/16) * math.Cos(float64((2*y+1)*v)*math.Pi/16)
		}
	}
	return min(max(sum+128, 0), 255)
}

func TestInverse(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		var b block
		var quant [64]uint16
		for i := range b {
			quant[i] = uint16(1 + r.IntN(20))
			if r.IntN(64) < n%64 {
				b[i] = int16(r.IntN(81)-40) / int16(1+i/8+i%8)
			}
		}
		b[0] = int16(r.IntN(161) - 80)
		accurate, fast := make([]uint8, 64), make([]uint8, 64)
		inverseAccurate(accurate, 8, &b, &quant)
		inverseFast(fast, 8, &b, fastQuant(&quant))
		for i := range 64 {
			want := slowInverse(&b, &quant, i%8, i/8)
			if d := math.Abs(float64(accurate[i]) - want); d > 1 {
				t.Errorf("block %d sample %d: %d, want %v", n, i, accurate[i], want)
			}
			if d := math.Abs(float64(fast[i]) - want); d > 10 {
				t.Errorf("block %d sample %d: fast %d, want %v", n, i, fast[i], want)
			}
		}
	}
}

// TestUpsample keeps a constant plane constant and a slope a slope, whatever
// the ratio.
func TestUpsample(t *testing.T) {
	for _, ratio := range [][2]int{{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {4, 2}} {
		p := Plane{Pix: make([]uint8, 5*4), Stride: 5, Width: 5, Height: 4, H: ratio[0], V: ratio[1]}
		for i := range p.Pix {
			p.Pix[i] = uint8(16 * (i%5 + i/5))
		}
		line := make([]uint8, p.Width*p.H)
		before := make([]uint8, len(line))
		for y := range p.Height * p.V {
			row := p.row(line, y)
			for x, v := range row {
				if v < before[x] || x > 0 && v < row[x-1] {
					t.Errorf("ratio %v at %d,%d: %d is below its neighbours", ratio, x, y, v)
				}
			}
			copy(before, row)
		}
	}
}

func TestHuffmanRefuses(t *testing.T) {
	table := func(counts ...byte) []byte {
		return append(append(make([]byte, 0, 40), counts...), make([]byte, 24)...)
	}
	for name, s := range map[string][]byte{
		"short":      make([]byte, 15),
		"symbols":    append([]byte{0, 0, 0, 0, 9}, make([]byte, 11)...),
		"three of 1": table(3),
		"too many":   table(1, 3),
	} {
		if _, _, err := newHuffman(s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
