package eval

import "math"

// clampUnit limits x to 0 … 1; NaN stays.
func clampUnit(x float64) float64 { return math.Max(0, math.Min(1, x)) }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func hardSwish(x float64) float64 { return x * clampUnit(x/6+0.5) }

func hardSigmoid(r *run) error {
	alpha, beta := float64(r.Attrs.Float("alpha", 0)), float64(r.Attrs.Float("beta", 0))
	return unary{float: func(x float64) float64 { return clampUnit(float64(alpha*x) + beta) }}.run(r)
}

func swish(r *run) error {
	alpha := float64(r.Attrs.Float("alpha", 0))
	return unary{float: func(x float64) float64 { return x / (1 + math.Exp(-alpha*x)) }}.run(r)
}

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
