package eval

import (
	"math"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// clampUnit limits x to 0 … 1; NaN stays.
func clampUnit(x float64) float64 { return math.Max(0, math.Min(1, x)) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func hardSwish(x float64) float64 { return x * clampUnit(x/6+0.5) }

// function is what a call computes of each element of its first input.
type function func(*ops.Call) unary

// fixed is a function without attributes.
func fixed(f unary) function { return func(*ops.Call) unary { return f } }

// with is a function of x and one attribute.
func with(attr string, f func(x, a float64) float64) function {
	return func(c *ops.Call) unary {
		a := float64(c.Attrs.Float(attr, 0))
		return unary{float: func(x float64) float64 { return f(x, a) }}
	}
}

// with2 is a function of x and two attributes.
func with2(attr1, attr2 string, f func(x, a, b float64) float64) function {
	return func(c *ops.Call) unary {
		a, b := float64(c.Attrs.Float(attr1, 0)), float64(c.Attrs.Float(attr2, 0))
		return unary{float: func(x float64) float64 { return f(x, a, b) }}
	}
}

func hardSigmoid(x, alpha, beta float64) float64 { return clampUnit(float64(alpha*x) + beta) }
func swish(x, alpha float64) float64             { return x / (1 + math.Exp(-alpha*x)) }
func leakyRelu(x, alpha float64) float64         { return slope(x, alpha) }

// logarithm is math.Log, also of subnormal numbers, for which that has an error of
// a tenth on amd64.
func logarithm(x float64) float64 {
	if x > 0 && x < 0x1p-1022 {
		return math.Log(x*0x1p54) - 54*math.Ln2
	}
	return math.Log(x)
}

func softsign(x float64) float64   { return x / (1 + math.Abs(x)) }
func mish(x float64) float64       { return x * math.Tanh(softplus(x)) }
func reciprocal(x float64) float64 { return 1 / x }

// softplus is log(1 + eˣ), without overflow.
func softplus(x float64) float64 { return max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func elu(x, alpha float64) float64 {
	if x < 0 {
		return alpha * math.Expm1(x)
	}
	return x
}

func celu(x, alpha float64) float64 {
	if x < 0 {
		return alpha * math.Expm1(x/alpha)
	}
	return x
}

func selu(x, alpha, gamma float64) float64 { return gamma * elu(x, alpha) }

func thresholdedRelu(x, alpha float64) float64 {
	if x > alpha {
		return x
	}
	return 0
}

// shrink moves x towards 0 by bias where it is further than lambda from it.
func shrink(r *run) error {
	return r.throughFloats(func(x float64) float64 {
		bias, lambda := float64(r.Attrs.Float("bias", 0)), float64(r.Attrs.Float("lambd", 0))
		switch {
		case x < -lambda:
			return x + bias
		case x > lambda:
			return x - bias
		}
		return 0
	})
}

// throughFloats applies f to every element of any number type.
func (r *run) throughFloats(f func(float64) float64) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	for i, v := range x {
		if err := put(r.out[0], i, f(v)); err != nil {
			return err
		}
	}
	return r.spend(len(x))
}

// gelu is Gelu, with the tanh that approximates it if the attribute asks for it.
func gelu(c *ops.Call) unary {
	f := func(x float64) float64 { return 0.5 * x * (1 + math.Erf(x/math.Sqrt2)) }
	if c.Attrs.String("approximate", "none") == "tanh" {
		f = func(x float64) float64 {
			return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+float64(0.044715*x*x*x))))
		}
	}
	return unary{float: f}
}

func sign[T int64 | float64](x T) T {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x + 0 // 0, without its sign, or NaN
}

// test is the kernel of a question about one float.
func test(f func(r *run, x float64) bool) kernel {
	return func(r *run) error {
		x, err := r.floats(r.in[0])
		if err != nil {
			return err
		}
		out := tensor.Data[bool](r.out[0])
		for i, v := range x {
			out[i] = f(r, v)
		}
		return r.spend(len(x))
	}
}

func isNaN(_ *run, x float64) bool { return x != x }

func isInf(r *run, x float64) bool {
	return math.IsInf(x, 1) && r.Attrs.Int("detect_positive", 1) != 0 ||
		math.IsInf(x, -1) && r.Attrs.Int("detect_negative", 1) != 0
}

func not(r *run) error { return map1(r, func(x bool) bool { return !x }) }

func complement[T int64 | uint64](x T) T { return ^x }

// positivePart is Relu. NaN and -0 stay what they are.
func positivePart[T number](x T) T {
	if x < 0 {
		return 0
	}
	return x
}

func negate[T number](x T) T { return -x }

func absInt(x int64) int64 {
	if x < 0 {
		return -x
	}
	return x
}
