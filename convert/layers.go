package convert

import (
	"fmt"

	"github.com/mixconv/mixconv/onnx"
)

// network writes the whole graph, in the order in which it is computed.
func (b *builder) network(n Network, o Options) {
	x := b.stem(n, b.input(o))
	for i, block := range n.Expand() {
		x = b.block(i, block, x)
	}
	b.output(b.head(n, x), o, n.Classes)
}

func (b *builder) stem(n Network, x value) value {
	y := b.pointwise(plainLayer("stem", "stem", Group{In: x.channels, Out: n.StemChannels(), Kernel: 3, Dilation: 1}, 2), x)
	return b.activate(y, "stem", "stem", false)
}

// plainLayer is the convolution of stem or head.
func plainLayer(scope, role string, g Group, stride int) layer {
	return layer{
		scope: scope, out: scope + "/bn", role: role + ".conv", kernels: []string{role + ".conv.weight"}, norm: role + ".bn",
		groups: []Group{g}, stride: stride,
	}
}

// head writes the last convolution, pooling and classifier and returns the
// logits' name.
func (b *builder) head(n Network, x value) string {
	y := b.pointwise(plainLayer("head", "head", Group{In: x.channels, Out: n.FeatureSize, Kernel: 1, Dilation: 1}, 1), x)
	y = b.activate(y, "head", "head/relu", false)
	pooled := b.node("GlobalAveragePool", []string{y.name}, "head/pool")
	flat := b.node("Flatten", []string{pooled}, "head/flatten", onnx.IntAttr("axis", 1))
	in := []string{flat, b.parameter("classifier.weight"), b.parameter("classifier.bias")}
	dense := b.node("Gemm", in, "head", onnx.IntAttr("transB", 1))
	return b.node("Identity", []string{dense}, "logits")
}

// block writes an inverted residual block: expand, mixed depthwise, squeeze and
// excite, project, add.
func (b *builder) block(i int, block Block, x value) value {
	scope, role := fmt.Sprintf("blocks_%d", i), fmt.Sprintf("blocks.%d", i)
	out, expansion := fmt.Sprintf("block_%d", i), fmt.Sprintf("block_%d/expansion_output", i)

	y := x
	if groups := block.ExpandGroups(); groups != nil {
		y = b.pointwise(mixedLayer(scope+"/expand", role+".expand", groups, 1), y)
		y = b.activate(y, scope+"/expand", scope+"/expand", block.Swish)
	}
	y = b.depthwise(mixedLayer(scope+"/depthwise", role+".depthwise", block.DepthwiseGroups(), block.Stride), y)
	if block.SqueezeChannels() > 0 {
		y = b.activate(y, scope+"/depthwise", scope+"/depthwise", block.Swish)
		y = b.squeeze(block, scope+"/se", role+".se", y, expansion)
	} else {
		y = b.activate(y, scope+"/depthwise", expansion, block.Swish)
	}
	project := mixedLayer(scope+"/project", role+".project", block.ProjectGroups(), 1)
	if !block.Residual() {
		project.out = out
		return b.pointwise(project, y)
	}
	y = b.pointwise(project, y)
	y.name = b.node("Add", []string{y.name, x.name}, out)
	return y
}

// activate adds swish, written as x·sigmoid(x) because Swish is an operator only
// from opset 24 on, or ReLU.
func (b *builder) activate(x value, scope, out string, swish bool) value {
	if swish {
		gate := b.node("Sigmoid", []string{x.name}, scope+"/sigmoid")
		x.name = b.node("Mul", []string{x.name, gate}, out)
	} else {
		x.name = b.node("Relu", []string{x.name}, out)
	}
	return x
}

// squeeze weighs the channels of x by what a bottleneck makes of their means.
func (b *builder) squeeze(block Block, scope, role string, x value, out string) value {
	pooled := value{name: b.node("GlobalAveragePool", []string{x.name}, scope+"/pool"), channels: x.channels, size: 1}
	reduced := b.biased(scope+"/reduce/conv", role+".reduce", pooled, block.SqueezeChannels())
	reduced = b.activate(reduced, scope+"/reduce", scope+"/reduce", block.Swish)
	expanded := b.biased(scope+"/expand", role+".expand", reduced, x.channels)
	gate := b.node("Sigmoid", []string{expanded.name}, scope+"/sigmoid")
	x.name = b.node("Mul", []string{x.name, gate}, out)
	return x
}

// biased adds a 1×1 convolution with a bias of its own.
func (b *builder) biased(out, role string, x value, channels int) value {
	in := []string{x.name, b.parameter(role + ".weight"), b.parameter(role + ".bias")}
	g := Group{In: x.channels, Out: channels, Kernel: 1, Dilation: 1}
	b.node("Conv", in, out, convAttrs(1, g, 1, padSame(x.size, 1, 1, 1))...)
	return value{name: out, channels: channels, size: x.size}
}
