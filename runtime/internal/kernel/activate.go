package kernel

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// activate is the plain Activate.
func activate(dst []float32, dstStep int, src []float32, srcStep, rows, n int, f act.Func) {
	for r := range rows {
		row := dst[r*dstStep:][:n]
		copy(row, src[r*srcStep:][:n])
		activateSlice(row, f)
	}
}

// activateSlice computes in float32. Sigmoid and swish are within 4 units in the
// last place of the exact value, tanh and erf within 8; NaN stays NaN.
func activateSlice(x []float32, f act.Func) {
	switch f.Kind {
	case act.None:
	case act.Relu:
		clamp(x, 0, infinity)
	case act.Clip:
		clamp(x, f.A, f.B)
	case act.Sigmoid:
		for i, v := range x {
			x[i] = sigmoid(v)
		}
	case act.Swish:
		for i, v := range x {
			x[i] = v * sigmoid(f.A*v)
		}
	case act.HardSigmoid:
		for i, v := range x {
			x[i] = hardSigmoid(v, f)
		}
	case act.HardSwish:
		for i, v := range x {
			x[i] = v * hardSigmoid(v, f)
		}
	case act.LeakyRelu:
		for i, v := range x {
			if v < 0 {
				x[i] = f.A * v
			}
		}
	case act.Round:
		for i, v := range x {
			x[i] = float32(math.RoundToEven(float64(v)))
		}
	case act.Exp:
		for i, v := range x {
			x[i] = exp(v - f.A)
		}
	case act.Tanh, act.Erf:
		o := odds[f.Kind]
		for i, v := range x {
			x[i] = o.at(v)
		}
	case act.Gelu, act.GeluTanh:
		o := odds[f.Kind]
		for i, v := range x {
			x[i] = v * (0.5 + o.at(v))
		}
	default:
		panic(fmt.Sprintf("kernel: activation %d", f.Kind))
	}
}

var infinity = float32(math.Inf(1))

func hardSigmoid(v float32, f act.Func) float32 {
	s := f.A*v + f.B
	if s < 0 {
		return 0
	}
	if s > 1 {
		return 1
	}
	return s
}

func sigmoid(v float32) float32 { return 1 / (1 + exp(-v)) }

// exp is e^v: v = n·ln 2 + r with |r| ≤ ln 2 / 2, then the Taylor polynomial
// of degree 7 for e^r (error below 2^-25) and an exponent of n. It is 0 and infinite
// where n is no exponent of a normal number.
func exp(v float32) float32 {
	const (
		log2e = 1.4426950408889634
		ln2Hi = 0.693359375 // ln 2 in few bits: n·ln2Hi is exact
		ln2Lo = -2.12194440e-4
	)
	if v != v {
		return v
	}
	n := float32(math.Floor(float64(v*log2e + 0.5)))
	switch {
	case n < -126:
		return 0
	case n > 127:
		return infinity
	}
	r := v - n*ln2Hi
	r -= n * ln2Lo
	p := float32(1.0 / 5040)
	p = p*r + 1.0/720
	p = p*r + 1.0/120
	p = p*r + 1.0/24
	p = p*r + 1.0/6
	p = p*r + 0.5
	p = p*r + 1
	p = p*r + 1
	return p * math.Float32frombits(uint32(int32(n)+127)<<23)
}
