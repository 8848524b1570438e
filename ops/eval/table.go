package eval

import "math"

// kernels has the evaluation of every operator.
var kernels map[string]kernel

// The table refers to functions that do not refer to it; it is filled here
// because Run does.
func init() {
	kernels = map[string]kernel{
		"Add":         arith(add[float64], add[int64], add[uint64]),
		"Conv":        conv,
		"Div":         divide,
		"HardSigmoid": hardSigmoid,
		"HardSwish":   floatMap(func(x float64) float64 { return x * clamp(x/6+0.5) }),
		"MDConv":      mdconv,
		"Mul":         arith(multiply[float64], multiply[int64], multiply[uint64]),
		"Sigmoid":     floatMap(sigmoid),
		"Split":       split,
		"Sub":         arith(sub[float64], sub[int64], sub[uint64]),
	}
}

type number interface{ float64 | int64 | uint64 }

func add[T number](a, b T) T      { return a + b }
func sub[T number](a, b T) T      { return a - b }
func quotient[T number](a, b T) T { return a / b }
func multiply[T number](a, b T) T { return a * b }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// clamp limits x to 0 … 1; NaN stays.
func clamp(x float64) float64 { return math.Max(0, math.Min(1, x)) }
