package kernel

import (
	"math"
	"testing"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

var testActs = []act.Func{{Kind: act.Relu}, {Kind: act.Clip, A: -1, B: 6}, {Kind: act.Sigmoid}, {Kind: act.Swish, A: 1}, {Kind: act.Swish, A: 1.702},
	{Kind: act.HardSigmoid, A: 0.2, B: 0.5}, {Kind: act.HardSwish, A: 1.0 / 6, B: 0.5},
	{Kind: act.LeakyRelu, A: 0.1}, {Kind: act.Round}, {Kind: act.Exp}, {Kind: act.Exp, A: -3.5}, {Kind: act.Tanh}, {Kind: act.Erf}, {Kind: act.Gelu}, {Kind: act.GeluTanh}}

// tiny is what results that underflow may be off by: sigmoid is 0 where it is subnormal.
const tiny = 1e-36

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

// special are the numbers at the ends of float32: what is not a number, infinite, the
// largest, where powers of e leave the normal numbers, and the smallest.
var special = func() (list []float32) {
	for _, v := range []float64{math.Inf(1), math.MaxFloat32, 1e38, 1e20, 1000, 104, 103, 90, 88.8, 88.5, 88, 87.5, 87, 20, 0x1p-126, 1e-40, 0x1p-149, 0} {
		list = append(list, float32(v), -float32(v))
	}
	list[len(list)-1] = math.Float32frombits(1 << 31)
	return append(list, float32(math.NaN()), math.Float32frombits(0xffc00001), math.Float32frombits(0x7fffffff))
}()

// odd functions keep the sign of zero.
var keepZero = map[act.Kind]bool{act.Swish: true, act.HardSwish: true, act.LeakyRelu: true, act.Round: true, act.Tanh: true, act.Erf: true, act.Gelu: true, act.GeluTanh: true}

// TestActivateSpecial: in every lane and tail, NaN gives NaN, and what is infinite or
// huge the function's limit, which is NaN where it is zero times infinity. Results that
// are almost subnormal may be zero.
func TestActivateSpecial(t *testing.T) {
	for _, s := range Sets {
		for _, f := range testActs {
			for length := range 34 {
				for lane := range length {
					for _, v := range special {
						x := make([]float32, length)
						x[lane] = v
						s.Activate(x, 0, x, 0, 1, length, f)
						if want := exact(f, float64(v)); !alike(f, v, x[lane], want) {
							t.Fatalf("%s %v(%g) in lane %d of %d is %g, want %g", s.Name, f, v, lane, length, x[lane], want)
						}
					}
				}
			}
		}
	}
}

// alike reports whether got is f(v), of which want is the exact value.
func alike(f act.Func, v, got float32, want float64) bool {
	is, w := float64(got), float64(float32(want))
	switch {
	case v == 0 && keepZero[f.Kind]:
		return math.Float32bits(got) == math.Float32bits(v)
	case w != w || math.IsInf(w, 0):
		return is == w || is != is && w != w
	case f.Kind == act.Exp && w > 0x1p127:
		return is > 0x1p127 // the last half of a power of two counts as infinite
	}
	allowed := tiny
	if w != 0 {
		allowed += (2e-6+scaled(f, v))*math.Abs(w) + cancelled(f, v)
	}
	return math.Abs(is-w) <= allowed
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
