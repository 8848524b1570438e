package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestPool(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for i := range 50 * len(Sets) {
		in := randomImage(r, 1+r.IntN(3), 1+r.IntN(9), 1+r.IntN(9), 1+r.IntN(200))
		out := randomImage(r, in.N, 1, 1, in.C)
		var sums [PoolChannels]float64
		Pool{In: in, Out: out, Area: in.H * in.W, Sums: func(int) *[PoolChannels]float64 { return &sums }}.Bind(Sets[i%len(Sets)]).All()
		area := in.H * in.W
		for n := range in.N {
			for c := range in.C {
				sum := 0.0
				for pixel := range area {
					sum += float64(in.at(n*area + pixel)[c])
				}
				if got, want := float64(out.at(n)[c]), sum/float64(area); math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
					t.Fatalf("picture %d channel %d: %g, want %g", n, c, got, want)
				}
			}
		}
	}
}

// TestWindowPool compares with a walk over every place of the window.
func TestWindowPool(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for i := range 200 * len(Sets) {
		in := randomImage(r, 1+r.IntN(2), 1+r.IntN(9), 1+r.IntN(9), 1+r.IntN(20))
		w := Window{KH: 1 + r.IntN(3), KW: 1 + r.IntN(3), SH: 1 + r.IntN(3), SW: 1 + r.IntN(3), DH: 1, DW: 1 + r.IntN(2)}
		w.Top, w.Lft = r.IntN(w.KH), r.IntN(w.KW)
		out := randomImage(r, in.N, 1+(in.H+w.Top-1)/w.SH, 1+(in.W+w.Lft-1)/w.SW, in.C)
		WindowPool{Window: w, In: in, Out: out}.Bind(Sets[i%len(Sets)]).All()
		for i := range out.pixels() {
			n, y, x := i/(out.H*out.W), i/out.W%out.H*w.SH-w.Top, i%out.W*w.SW-w.Lft
			for c, got := range out.at(i) {
				want := float32(math.Inf(-1))
				for ky := y; ky < y+w.KH*w.DH; ky += w.DH {
					for kx := x; kx < x+w.KW*w.DW; kx += w.DW {
						if ky >= 0 && ky < in.H && kx >= 0 && kx < in.W {
							want = max(want, in.at((n*in.H+ky)*in.W + kx)[c])
						}
					}
				}
				if got != want {
					t.Fatalf("%+v over %d×%d: pixel %d channel %d is %g, want %g", w, in.H, in.W, i, c, got, want)
				}
			}
		}
	}
}

func TestSoftmax(t *testing.T) {
	dst := make([]float32, 6)
	var sums [PoolChannels]float64
	Softmax{Rows: 2, N: 3, In: []float32{1, 2, 3, 1000, 1000, 1000}, InRow: 3, Out: dst, OutRow: 3,
		Sums: func(int) *[PoolChannels]float64 { return &sums }, Scratch: func(int) []float32 { return make([]float32, rowScratch(0)) }}.Bind(&Portable).All()
	want := []float32{0.09003057, 0.24472848, 0.66524094, 1.0 / 3, 1.0 / 3, 1.0 / 3}
	for i := range want {
		if math.Abs(float64(dst[i]-want[i])) > 1e-7 {
			t.Errorf("element %d: %g, want %g", i, dst[i], want[i])
		}
	}
}
