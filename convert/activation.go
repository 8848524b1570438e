package convert

import (
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// Activation names an element-wise function. The zero value stands for what
// the context says: of a block, the network's; of a network, ReLU.
type Activation string

// The activations.
const (
	ReLU      Activation = "relu"
	ReLU6     Activation = "relu6"
	Swish     Activation = "swish"
	HardSwish Activation = "hard_swish"
)

// activationCodes has what block strings call the activations, after an n.
var activationCodes = map[string]Activation{"re": ReLU, "r6": ReLU6, "sw": Swish, "hs": HardSwish}

func (a Activation) or(other Activation) Activation {
	if a == "" {
		return other
	}
	return a
}

// known reports whether a is one of the activations or open.
func (a Activation) known() bool {
	for _, one := range activationCodes {
		if a == one {
			return true
		}
	}
	return a == ""
}

// activate adds an activation whose result is out. Swish and hard swish are
// written as products with a gate: they are operators of their own only from
// opset 24 and 14 on.
func (b *builder) activate(x value, a Activation, out string) value {
	switch a {
	case Swish:
		gate := b.node("Sigmoid", []string{x.name}, out+"/sigmoid")
		x.name = b.node("Mul", []string{x.name, gate}, out)
	case HardSwish:
		gate := b.hardSigmoid(x.name, out+"/hard_sigmoid")
		x.name = b.node("Mul", []string{x.name, gate}, out)
	case ReLU6:
		x.name = b.node("Clip", []string{x.name, b.scalar("relu6/min", 0), b.scalar("relu6/max", 6)}, out)
	default:
		x.name = b.node("Relu", []string{x.name}, out)
	}
	return x
}

// hardSigmoid adds min(max(x/6 + 1/2, 0), 1).
func (b *builder) hardSigmoid(x, out string) string {
	return b.node("HardSigmoid", []string{x}, out, onnx.FloatAttr("alpha", 1.0/6), onnx.FloatAttr("beta", 0.5))
}

// scalar returns the name of a constant, which is stored once.
func (b *builder) scalar(name string, v float32) string {
	if !b.scalars[name] {
		b.scalars[name] = true
		b.initializer(name, tensor.Of([]float32{v}))
	}
	return name
}
