package convert

import (
	"fmt"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/tensor"
)

// network writes the whole graph, in the order in which it is computed.
func (b *builder) network(n Network, o Options) {
	x := b.layer(n.stem(), b.input(o))
	if n.StemPool {
		x = b.maxPool(x, n.scheme().stemPool)
	}
	maps := newFeatureMaps(n, x)
	for _, u := range n.Expand() {
		x = b.unit(n, u, x)
		maps.add(u.Stride, x)
	}
	if o.Features {
		b.features(maps, o)
		return
	}
	b.output(b.head(n, x), o, n.Classes)
}

// layer adds a convolution with what follows it.
func (b *builder) layer(l layer, x value) value {
	if l.depthwise {
		x = b.depthwise(l, x)
	} else {
		x = b.pointwise(l, x)
	}
	if l.act != "" {
		x = b.activate(x, l.act, l.out)
	}
	return x
}

// unit writes a block: expand, mixed depthwise, squeeze and excite, project,
// add, or what its kind has of that.
func (b *builder) unit(n Network, u Unit, x value) value {
	names := n.scheme().unit(u)
	bypass, main := n.branches(u)
	if u.Kind == Skipped {
		x.name = b.node("Identity", []string{x.name}, names.out)
		return x
	}
	aside, y := x, x
	if u.bypass() > 0 {
		aside, y = b.halves(x, names.out)
	}
	for i, l := range main {
		if s := n.squeeze(u); s.squeezed > 0 && i == len(main)-1 {
			y = b.squeeze(s, y)
		}
		y = b.layer(l, y)
	}
	switch {
	case u.Kind == Shuffled:
		for _, l := range bypass {
			aside = b.layer(l, aside)
		}
		return b.shuffle(aside, y, names.out)
	case u.Residual():
		y.name = b.node("Add", []string{y.name, x.name}, names.out)
	}
	return y
}

// squeeze weighs the channels of x by what a bottleneck makes of their means.
func (b *builder) squeeze(s squeeze, x value) value {
	pooled := value{name: b.node("GlobalAveragePool", []string{x.name}, s.pool), channels: x.channels, size: 1}
	reduced := b.biased(s.reduce, s.role+".reduce", pooled, s.squeezed, true)
	reduced = b.activate(reduced, s.act, s.squeezeNames.act)
	expanded := b.biased(s.expand, s.role+".expand", reduced, x.channels, true)
	if s.hard {
		b.hardSigmoid(expanded.name, s.gate)
	} else {
		b.node("Sigmoid", []string{expanded.name}, s.gate)
	}
	x.name = b.node("Mul", []string{x.name, s.gate}, s.out)
	return x
}

// biased adds a 1×1 convolution without a batch norm, with a bias of its own
// or none, over a single pixel.
func (b *builder) biased(out, role string, x value, channels int, bias bool) value {
	in := []string{x.name, b.parameter(role + ".weight")}
	if bias {
		in = append(in, b.parameter(role+".bias"))
	}
	g := Group{In: x.channels, Out: channels, Kernel: 1, Dilation: 1}
	b.node("Conv", in, out, convAttrs(1, g, 1, b.padding.pad(x.size, 1, 1, 1))...)
	return value{name: out, channels: channels, size: x.size}
}

// halves splits the channels of a shuffled unit's input.
func (b *builder) halves(x value, scope string) (first, second value) {
	half := int64(x.channels / 2)
	first, second = x, x
	first.name, second.name = scope+"/split_0", scope+"/split_1"
	first.channels, second.channels = x.channels/2, x.channels/2
	sizes := b.initializer(scope+"/sizes", tensor.Of([]int64{half, half}, 2))
	b.split(x.name, sizes, []string{first.name, second.name})
	return first, second
}

// shuffle puts the channels of x and y, as many of each, in turn. Where the size
// is open, what it reshapes to is computed where the model runs.
func (b *builder) shuffle(x, y value, out string) value {
	channels := x.channels + y.channels
	both := b.node("Concat", []string{x.name, y.name}, out+"/concat", onnx.IntAttr("axis", 1))
	apart := b.initializer(out+"/apart", tensor.Of([]int64{0, 2, int64(x.channels), -1}, 4))
	groups := b.node("Reshape", []string{both, apart}, out+"/groups")
	turned := b.node("Transpose", []string{groups}, out+"/turned", onnx.IntsAttr("perm", []int64{0, 2, 1, 3}))
	shape := out + "/shape"
	if y.size > 0 {
		b.initializer(shape, tensor.Of([]int64{0, int64(channels), int64(y.size), int64(y.size)}, 4))
	} else {
		b.node("Shape", []string{both}, shape)
	}
	return value{name: b.node("Reshape", []string{turned, shape}, out), channels: channels, size: y.size}
}

// maxPool adds the pooling after ShuffleNetV2's stem.
func (b *builder) maxPool(x value, out string) value {
	p := b.padding.pad(x.size, 3, 2, 1)
	b.node("MaxPool", []string{x.name}, out,
		onnx.IntsAttr("kernel_shape", []int64{3, 3}), onnx.IntsAttr("strides", []int64{2, 2}), p.attr())
	x.name, x.size = out, p.out
	return x
}

// head writes what follows the blocks and returns the logits' name.
func (b *builder) head(n Network, x value) string {
	names := n.headNames()
	if n.Head == HeadConv {
		x = b.layer(n.head(x.channels), x)
	}
	x = value{name: b.node("GlobalAveragePool", []string{x.name}, names.pool), channels: x.channels, size: 1}
	switch {
	case n.Head != HeadPooled && n.Head != HeadPooledNoBias:
		x.name = b.flatten(x, names)
	case names.linear:
		x.name = b.dense("head.conv", b.flatten(x, names), names.conv.conv)
		x = b.activate(x, n.activation(), names.conv.act)
	default:
		x = b.biased(names.conv.conv, "head.conv", x, n.FeatureSize, n.Head == HeadPooled)
		x = b.activate(x, n.activation(), names.conv.act)
		x.name = b.flatten(x, names)
	}
	return b.node("Identity", []string{b.dense("classifier", x.name, names.classifier)}, "logits")
}

func (b *builder) flatten(x value, names headNames) string {
	return b.node("Flatten", []string{x.name}, names.flatten, onnx.IntAttr("axis", 1))
}

// dense adds a fully connected layer.
func (b *builder) dense(role, x, out string) string {
	in := []string{x, b.parameter(role + ".weight"), b.parameter(role + ".bias")}
	return b.node("Gemm", in, out, onnx.IntAttr("transB", 1))
}

// featureMaps are the last values at each stride, from stride 4 on.
type featureMaps struct {
	stride int
	list   []featureMap
}

type featureMap struct {
	stride int
	value
}

// newFeatureMaps begins with x, what the stem of n gives.
func newFeatureMaps(n Network, x value) *featureMaps {
	m := &featureMaps{stride: 2}
	if n.StemPool {
		m.stride = 4
	}
	m.add(1, x)
	return m
}

// add notes x, which a step of that stride gives.
func (m *featureMaps) add(stride int, x value) {
	m.stride *= stride
	if last := len(m.list) - 1; last >= 0 && m.list[last].stride == m.stride {
		m.list[last].value = x
	} else {
		m.list = append(m.list, featureMap{m.stride, x})
	}
}

// features makes outputs of the maps, named after their strides.
func (b *builder) features(maps *featureMaps, o Options) {
	for _, m := range maps.list {
		if m.stride < 4 {
			continue
		}
		name := b.node("Identity", []string{m.name}, fmt.Sprintf("features_%d", m.stride))
		b.graph.Output = append(b.graph.Output, valueInfo(name, dim(o.Batch, "batch"), dim(m.channels, ""),
			dim(m.size, fmt.Sprintf("height_%d", m.stride)), dim(m.size, fmt.Sprintf("width_%d", m.stride))))
	}
}
