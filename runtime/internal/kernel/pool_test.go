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
		Pool{In: in, Out: out, Area: in.H * in.W, Work: testWork(0, 0)}.Bind(Sets[i%len(Sets)]).All()
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
		means := WindowPool{Window: w, In: in, Out: randomImage(r, in.N, out.H, out.W, in.C), Rows: make([]int, out.H), Cols: make([]int, out.W)}
		for y := range means.Rows {
			means.Rows[y] = 1 + r.IntN(4)
		}
		for x := range means.Cols {
			means.Cols[x] = 1 + r.IntN(4)
		}
		WindowPool{Window: w, In: in, Out: out}.Bind(Sets[i%len(Sets)]).All()
		means.Bind(Sets[i%len(Sets)]).All()
		for i := range out.pixels() {
			n, y, x := i/(out.H*out.W), i/out.W%out.H*w.SH-w.Top, i%out.W*w.SW-w.Lft
			for c, got := range out.at(i) {
				want, sum := float32(math.Inf(-1)), float32(0)
				for ky := y; ky < y+w.KH*w.DH; ky += w.DH {
					for kx := x; kx < x+w.KW*w.DW; kx += w.DW {
						if ky >= 0 && ky < in.H && kx >= 0 && kx < in.W {
							v := in.at((n*in.H+ky)*in.W + kx)[c]
							want, sum = max(want, v), sum+v
						}
					}
				}
				near(t, means.Out.at(i)[c], float64(sum)/float64(means.Rows[i/out.W%out.H]*means.Cols[i%out.W]), 1e-5, "%+v over %d×%d: mean of pixel %d channel %d", w, in.H, in.W, i, c)
				if got != want {
					t.Fatalf("%+v over %d×%d: pixel %d channel %d is %g, want %g", w, in.H, in.W, i, c, got, want)
				}
			}
		}
	}
}
