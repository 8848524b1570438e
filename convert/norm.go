package convert

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// affine is a batch norm at inference: y = scale·x + shift, per channel.
type affine struct{ scale, shift []float64 }

// affineOf computes the batch norm of that role in float64. Every product is
// converted explicitly: without that, Go fuses it with an addition on machines
// that can, and the bytes would differ from machine to machine.
func (b *builder) affineOf(role string) affine {
	gamma, beta := b.floats(role+".gamma"), b.floats(role+".beta")
	mean, variance := b.floats(role+".mean"), b.floats(role+".variance")
	a := affine{make([]float64, len(gamma)), make([]float64, len(gamma))}
	for i := range gamma {
		if !(variance[i] >= 0) && b.err == nil {
			b.err = fmt.Errorf("%s.variance: channel %d has %g, must be 0 or more", role, i, variance[i])
		}
		scale := float64(gamma[i]) / math.Sqrt(float64(variance[i])+float64(b.epsilon))
		a.scale[i] = scale
		a.shift[i] = float64(beta[i]) - float64(float64(mean[i])*scale)
	}
	return a
}

func (b *builder) floats(role string) []float32 { return tensor.Data[float32](b.weights[role]) }

// scaled returns a kernel, whose first dimension counts output channels, with
// each of these scaled.
func scaled(kernel *tensor.Tensor, scale []float64) *tensor.Tensor {
	in := tensor.Data[float32](kernel)
	out := make([]float32, len(in))
	each := len(in) / len(scale)
	for c, s := range scale {
		for i := c * each; i < (c+1)*each; i++ {
			out[i] = float32(float64(in[i]) * s)
		}
	}
	return tensor.Of(out, kernel.Shape...)
}

func toFloat32(v []float64) *tensor.Tensor {
	out := make([]float32, len(v))
	for i := range v {
		out[i] = float32(v[i])
	}
	return tensor.Of(out, len(out))
}

// batchNorm adds the batch norm of that role as a node.
func (b *builder) batchNorm(role, x, out string) string {
	in := []string{x}
	for _, name := range []string{".gamma", ".beta", ".mean", ".variance"} {
		in = append(in, b.parameter(role+name))
	}
	return b.node("BatchNormalization", in, out, onnx.FloatAttr("epsilon", b.epsilon))
}
