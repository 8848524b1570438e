package kernel

import (
	"math"
	"testing"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

var testActs = []act.Func{{Kind: act.Relu}, {Kind: act.Clip, A: -1, B: 6}, {Kind: act.Sigmoid}, {Kind: act.Swish, A: 1}, {Kind: act.Swish, A: 1.702},
	{Kind: act.HardSigmoid, A: 0.2, B: 0.5}, {Kind: act.HardSwish, A: 1.0 / 6, B: 0.5},
	{Kind: act.LeakyRelu, A: 0.1}, {Kind: act.Round}, {Kind: act.Exp}, {Kind: act.Exp, A: -3.5}, {Kind: act.Tanh}, {Kind: act.Erf}, {Kind: act.Gelu}, {Kind: act.GeluTanh}}

// tiny is what results that underflow may be off by: sigmoid stops at e^-87.3.
const tiny = 1e-35

// TestActivate compares each set with the exact functions over all magnitudes
// and at every length of a vector's tail.
func TestActivate(t *testing.T) {
	var values []float32
	for v := float32(1e-30); v < 200; v *= 1.07 {
		values = append(values, v, -v)
	}
	values = append(values, 0, float32(math.Copysign(0, -1)))
	for _, s := range Sets {
		for _, f := range testActs {
			for length := 0; length < rounds(70); length++ {
				for at := 0; at+length <= len(values); at += max(1, length) {
					x := append([]float32(nil), values[at:at+length]...)
					s.Activate(x, 0, x, 0, 1, len(x), f)
					for i, got := range x {
						want := exact(f, float64(values[at+i]))
						if f.Kind == act.Exp && math.Abs(float64(values[at+i]-f.A)) > 87 {
							continue
						}
						if diff := math.Abs(float64(got) - want); !(diff <= (1e-6+scaled(f, values[at+i]))*math.Abs(want)+cancelled(f, values[at+i])+tiny) {
							t.Fatalf("%s %v(%g) = %g, want %g", s.Name, f, values[at+i], got, want)
						}
					}
				}
			}
		}
	}
}

// scaled is what rounding A·x or x-A to float32 may add to a relative error.
func scaled(f act.Func, x float32) float64 {
	switch {
	case f.Kind == act.Exp:
		return math.Abs(float64(x-f.A)) * 0x1p-23
	case f.Kind != act.Swish || f.A == 1:
		return 0
	}
	return math.Abs(float64(f.A)*float64(x)) * 0x1p-23
}

// cancelled is what gelu may be off by for negative x, whose factor is a half
// less almost a half.
func cancelled(f act.Func, x float32) float64 {
	if f.Kind != act.Gelu && f.Kind != act.GeluTanh || x >= 0 {
		return 0
	}
	return 3e-7 * min(6, math.Abs(float64(x)))
}

// TestActivateNaN: NaN comes out as NaN, infinities as the limits.
func TestActivateNaN(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, s := range Sets {
		for _, f := range testActs {
			for lane := range 33 {
				x := make([]float32, 33)
				x[lane] = float32(math.NaN())
				s.Activate(x, 0, x, 0, 1, len(x), f)
				if x[lane] == x[lane] {
					t.Errorf("%s %v(NaN) in lane %d = %g", s.Name, f, lane, x[lane])
				}
			}
			if f.Kind == act.Exp {
				continue // its limits are where it is held
			}
			x := []float32{inf}
			s.Activate(x, 0, x, 0, 1, len(x), f)
			if want := exact(f, math.Inf(1)); float64(x[0]) != want {
				t.Errorf("%s %v(+Inf) = %g, want %g", s.Name, f, x[0], want)
			}
		}
	}
}

// TestRound: ties go to the even number, zeros keep their sign, what is large is
// whole already.
func TestRound(t *testing.T) {
	negativeZero := math.Float32frombits(1 << 31)
	pairs := [][2]float32{{0.5, 0}, {1.5, 2}, {2.5, 2}, {-0.5, negativeZero}, {-1.5, -2}, {0.49999997, 0}, {-0.49999997, negativeZero}, {0.50000006, 1},
		{8388607.5, 8388608}, {8388606.5, 8388606}, {16777217, 16777217}, {-3e38, -3e38}, {negativeZero, negativeZero}, {infinity, infinity}, {-127.5, -128}, {254.5, 254}, {255.5, 256}}
	for _, s := range Sets {
		for n := 1; n <= len(pairs); n++ {
			x := make([]float32, n)
			for i := range x {
				x[i] = pairs[i][0]
			}
			s.Activate(x, 0, x, 0, 1, n, act.Func{Kind: act.Round})
			for i, got := range x {
				if want := pairs[i][1]; math.Float32bits(got) != math.Float32bits(want) {
					t.Errorf("%s: %g rounds to %g, want %g", s.Name, pairs[i][0], got, want)
				}
			}
		}
	}
}
