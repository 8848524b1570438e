package runtime

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/mixconv/mixconv/tensor"
)

// rankCases are what the passes recognise, with a number of any rank in each place
// that takes one. number makes the constant of the place; the others are scalars.
var rankCases = []struct {
	name   string
	shape  []int // of the input
	places int
	build  func(b *builder, x string, number func(place int, v float32) string) string
}{
	{"layer norm", []int{2, 3, 6}, 2, func(b *builder, x string, number func(int, float32) string) string {
		mean := func(v string) string { return b.node("ReduceMean", "", []string{v}, intsAttr("axes", -1)) }
		d := b.node("Sub", "", []string{x, mean(x)})
		square := b.node("Pow", "", []string{d, number(0, 2)})
		return b.node("Div", "", []string{d, b.node("Sqrt", "", []string{b.node("Add", "", []string{mean(square), number(1, 1e-5)})})})
	}},
	{"gelu", []int{2, 6}, 3, func(b *builder, x string, number func(int, float32) string) string {
		erf := b.node("Erf", "", []string{b.node("Div", "", []string{x, number(0, math.Sqrt2)})})
		return b.node("Mul", "", []string{b.node("Mul", "", []string{x, b.node("Add", "", []string{erf, number(1, 1)})}), number(2, 0.5)})
	}},
	{"gelu by tanh", []int{2, 6}, 5, func(b *builder, x string, number func(int, float32) string) string {
		cube := b.node("Mul", "", []string{b.node("Pow", "", []string{x, number(0, 3)}), number(1, 0.044715)})
		bent := b.node("Mul", "", []string{b.node("Add", "", []string{x, cube}), number(2, float32(math.Sqrt(2/math.Pi)))})
		gate := b.node("Add", "", []string{b.node("Tanh", "", []string{bent}), number(3, 1)})
		return b.node("Mul", "", []string{b.node("Mul", "", []string{x, number(4, 0.5)}), gate})
	}},
	{"factors of a product of two values", []int{2, 3, 3}, 2, func(b *builder, x string, number func(int, float32) string) string {
		scores := b.node("MatMul", "", []string{b.node("Mul", "", []string{x, number(0, 0.5)}), b.node("Relu", "", []string{x})})
		return b.node("Div", "", []string{scores, number(1, 3)})
	}},
	{"factors of a product by weights", []int{2, 4}, 2, func(b *builder, x string, number func(int, float32) string) string {
		y := b.node("Mul", "", []string{b.node("MatMul", "", []string{x, b.weight(4, 5)}), number(0, 0.5)})
		return b.node("Add", "", []string{y, number(1, 3)})
	}},
	{"factors of a product by weights and a bias", []int{2, 4}, 2, func(b *builder, x string, number func(int, float32) string) string {
		y := b.node("Div", "", []string{b.node("Gemm", "", []string{x, b.weight(4, 5), b.weight(5)}), number(0, 0.5)})
		return b.node("Add", "", []string{y, number(1, 3)})
	}},
	{"a convolution scaled and shifted", []int{1, 3, 4, 5}, 3, func(b *builder, x string, number func(int, float32) string) string {
		y := b.node("Mul", "", []string{b.conv(x, 3, 4, 3, 1, 1, ""), number(0, 0.5)})
		y = b.node("Add", "", []string{y, number(1, 3)})
		return b.node("Mul", "", []string{y, b.node("HardSigmoid", "", []string{b.node("Add", "", []string{y, number(2, 1)})})})
	}},
	{"a group norm scaled and shifted", []int{1, 4, 6}, 2, func(b *builder, x string, number func(int, float32) string) string {
		y := b.node("Reshape", "", []string{x, b.ints(1, 2, 12)})
		y = b.node("InstanceNormalization", "", []string{y, b.weight(2), b.weight(2)})
		y = b.node("Mul", "", []string{b.node("Reshape", "", []string{y, b.ints(1, 4, 6)}), number(0, 0.5)})
		return b.node("Add", "", []string{y, number(1, 3)})
	}},
	{"a quantised scalar", []int{}, 2, func(b *builder, x string, number func(int, float32) string) string {
		zero := b.constant(tensor.Of([]uint8{128}))
		q := b.node("QuantizeLinear", "", []string{b.node("Relu", "", []string{x}), number(0, 0.5), zero})
		return b.node("DequantizeLinear", "", []string{q, number(1, 0.25), zero})
	}},
	{"a sum with a number", []int{2, 3}, 1, func(b *builder, x string, number func(int, float32) string) string {
		return b.node("PRelu", "", []string{b.node("Sub", "", []string{x, number(0, 0.5)}), b.weight(1)})
	}},
	{"a transposed sum", []int{2, 3, 4}, 1, func(b *builder, x string, number func(int, float32) string) string {
		y := b.node("Add", "", []string{b.node("Transpose", "", []string{x}, intsAttr("perm", 2, 0, 1)), number(0, 0.5)})
		return b.node("Transpose", "", []string{y})
	}},
}

// TestNumbersOfRank: a tensor of one element and of more dimensions than what it
// meets adds them to the result, whatever is made of the operators.
func TestNumbersOfRank(t *testing.T) {
	for _, c := range rankCases {
		for place := range c.places {
			for rank := range len(c.shape) + 3 {
				ofRank := func(b *builder) {
					y := c.build(b, b.input("x", c.shape...), func(at int, v float32) string {
						one := tensor.Of([]float32{v})
						if at == place {
							for range rank {
								one.Shape = append(one.Shape, 1)
							}
						}
						return b.constant(one)
					})
					b.node("Identity", "y", []string{y})
					info := b.info("y", nil)
					info.Type.GetTensorType().Shape = nil
					b.graph.Output = append(b.graph.Output, info)
				}
				t.Run(fmt.Sprintf("%s %d of rank %d", c.name, place, rank), func(t *testing.T) { sameOnBoth(t, ofRank) })
			}
		}
	}
}

// sameOnBoth runs a model on both engines, or finds that both refuse it.
func sameOnBoth(t *testing.T, build func(b *builder)) {
	t.Helper()
	var out [2]*tensor.Tensor
	var failed [2]error
	for i, e := range []Engine{Reference, Planned} {
		b := newBuilder(17)
		build(b)
		s, err := New(b.model(), Options{Engine: e})
		if err == nil {
			var got Tensors
			if got, err = s.Run(context.Background(), randomInput(s, 2, 3)); err == nil {
				out[i] = got["y"]
			}
		}
		failed[i] = err
	}
	switch {
	case (failed[0] == nil) != (failed[1] == nil):
		t.Errorf("reference: %v, planned: %v", failed[0], failed[1])
	case failed[0] == nil:
		if err := differ(out[1], out[0]); err != nil {
			t.Error(err)
		}
	}
}
