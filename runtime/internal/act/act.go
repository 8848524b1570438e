// Package act names the element-wise functions that a convolution can apply
// to its result.
package act

import "math"

// Func is an activation with up to two parameters. The zero value does
// nothing.
type Func struct {
	Kind Kind
	A, B float32 // Clip: lower and upper bound; HardSigmoid, HardSwish: alpha and beta; Swish: alpha in A
}

// Bounds splits f into a clamp to lo … hi, which kernels apply to their sums, and
// what is left to do.
func (f Func) Bounds() (lo, hi float32, rest Func) {
	inf := float32(math.Inf(1))
	switch f.Kind {
	case Relu:
		return 0, inf, Func{}
	case Clip:
		return f.A, f.B, Func{}
	}
	return -inf, inf, f
}

// Kind names an activation; the formulas are those of the ONNX operators.
type Kind uint8

// The activations.
const (
	None        Kind = iota
	Relu             // max(x, 0)
	Clip             // min(max(x, A), B)
	Sigmoid          // 1 / (1 + exp(-x))
	Swish            // x · sigmoid(A·x)
	HardSigmoid      // max(0, min(1, A·x + B))
	HardSwish        // x · max(0, min(1, A·x + B))
	Exp              // e^(x-A), 0 and infinite where that is almost 2^-126 and 2^128
	LeakyRelu        // max(x, 0) + A·min(x, 0)
	Round            // the nearest whole number, the even one of two
	Tanh
	Erf
	Gelu     // x · (1 + erf(x/√2)) / 2
	GeluTanh // x · (1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2
)

// Usual is the activation with the parameters that the ONNX operator has where a model
// gives none; of Clip, which has no bounds then, the zero ones.
func (k Kind) Usual() Func {
	f := Func{Kind: k}
	switch k {
	case LeakyRelu:
		f.A = 0.01
	case Swish:
		f.A = 1
	case HardSigmoid:
		f.A, f.B = 0.2, 0.5
	case HardSwish:
		f.A, f.B = 1.0/6, 0.5
	}
	return f
}

func (k Kind) String() string {
	return [...]string{"none", "relu", "clip", "sigmoid", "swish", "hard_sigmoid", "hard_swish", "exp", "leaky_relu", "round", "tanh", "erf", "gelu", "gelu_tanh"}[k]
}
