package convert

import (
	"fmt"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/mdconv"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// kernels is a layer's weights as they are written, one tensor per group.
type kernels struct {
	weights []*tensor.Tensor
	bias    []float64 // over all groups; nil if the batch norm stays
}

// fold returns l's weights with the batch norm folded in, unless it is kept.
func (b *builder) fold(l layer) kernels {
	var k kernels
	for _, role := range l.kernels {
		k.weights = append(k.weights, b.weights[role])
	}
	if b.keepBN {
		return k
	}
	a := b.affineOf(l.norm)
	k.bias = a.shift
	scale := a.scale
	for i, w := range k.weights {
		n := w.Shape[0]
		k.weights[i], scale = scaled(w, scale[:n]), scale[n:]
	}
	return k
}

// finish adds the batch norm after y if it was kept.
func (b *builder) finish(l layer, y value) value {
	if b.keepBN {
		y.name = b.batchNorm(l.norm, y.name, l.affine())
	}
	return y
}

// convOut is the name of the convolution's output: what the batch norm gives,
// if that is folded.
func (b *builder) convOut(l layer) string {
	if b.keepBN {
		return l.modules.conv
	}
	return l.affine()
}

// pointwise adds a convolution whose groups see all of their input channels: one
// Conv where the channels divide evenly, else Split, Convs and Concat.
func (b *builder) pointwise(l layer, x value) value {
	k := b.fold(l)
	y := value{name: b.convOut(l), channels: outChannels(l.groups)}
	if even(l.groups) {
		p := b.padding.pad(x.size, l.groups[0].Kernel, l.stride, 1)
		in := []string{x.name, b.initializer(l.role+".weight", stacked(k.weights))}
		if k.bias != nil {
			in = append(in, b.initializer(l.role+".bias", toFloat32(k.bias)))
		}
		b.node("Conv", in, y.name, convAttrs(len(l.groups), l.groups[0], l.stride, p)...)
		y.size = p.out
		return b.finish(l, y)
	}
	y.size = b.separate(l, k, x, y.name)
	return b.finish(l, y)
}

// separate writes the groups of an uneven pointwise layer one by one and returns
// the size that comes out.
func (b *builder) separate(l layer, k kernels, x value, out string) (size int) {
	scope := l.modules.scope()
	var sizes []int64
	var parts, results []string
	for i, g := range l.groups {
		sizes = append(sizes, int64(g.In))
		parts = append(parts, fmt.Sprintf("%s/split_%d", scope, i))
	}
	list := b.initializer(scope+"/sizes", tensor.Of(sizes, len(sizes)))
	b.split(x.name, list, parts)
	bias := k.bias
	for i, g := range l.groups {
		in := []string{parts[i], b.initializer(l.kernels[i], k.weights[i])}
		if bias != nil {
			in = append(in, b.initializer(fmt.Sprintf("%s.bias_%d", l.role, i), toFloat32(bias[:g.Out])))
			bias = bias[g.Out:]
		}
		p := b.padding.pad(x.size, g.Kernel, l.stride, 1)
		results = append(results, b.node("Conv", in, fmt.Sprintf("%s/conv_%d", scope, i), convAttrs(1, g, l.stride, p)...))
		size = p.out
	}
	b.node("Concat", results, out, onnx.IntAttr("axis", 1))
	return size
}

func (b *builder) split(x, sizes string, parts []string) {
	b.graph.Node = append(b.graph.Node, &onnxpb.NodeProto{
		OpType: proto.String("Split"), Name: proto.String(parts[0]),
		Input: []string{x, sizes}, Output: parts,
		Attribute: []*onnxpb.AttributeProto{onnx.IntAttr("axis", 1)},
	})
}

// even reports whether all groups are alike, as Conv's group wants them.
func even(groups []Group) bool {
	for _, g := range groups {
		if g != groups[0] {
			return false
		}
	}
	return true
}

// stacked concatenates kernels of equal shape along the output channels.
func stacked(parts []*tensor.Tensor) *tensor.Tensor {
	if len(parts) == 1 {
		return parts[0]
	}
	var data []float32
	for _, p := range parts {
		data = append(data, tensor.Data[float32](p)...)
	}
	shape := parts[0].Shape.Clone()
	shape[0] *= len(parts)
	return tensor.Of(data, shape...)
}

// depthwise adds a depthwise convolution: a Conv, or an MDConv if it has several
// groups.
func (b *builder) depthwise(l layer, x value) value {
	k := b.fold(l)
	y := value{name: b.convOut(l), channels: x.channels}
	if len(l.groups) == 1 {
		g := l.groups[0]
		p := b.padding.pad(x.size, g.Kernel, l.stride, g.Dilation)
		in := []string{x.name, b.initializer(l.role+".weight", k.weights[0])}
		if k.bias != nil {
			in = append(in, b.initializer(l.role+".bias", toFloat32(k.bias)))
		}
		b.node("Conv", in, y.name, convAttrs(x.channels, g, l.stride, p)...)
		y.size = p.out
		return b.finish(l, y)
	}
	y.size = b.mdconv(l, k, x, y.name)
	return b.finish(l, y)
}

// mdconv adds an MDConv and returns the size that comes out.
func (b *builder) mdconv(l layer, k kernels, x value, out string) (size int) {
	s := mdconv.Spec{Strides: [2]int{l.stride, l.stride}}
	var w []string
	for i, g := range l.groups {
		p := b.padding.pad(x.size, g.Kernel, l.stride, g.Dilation)
		s.Split = append(s.Split, g.Out)
		s.Pads = append(s.Pads, p.pads)
		s.Dilations = append(s.Dilations, [2]int{g.Dilation, g.Dilation})
		s.Same, size = p.dynamic, p.out
		w = append(w, b.initializer(l.kernels[i], k.weights[i]))
	}
	if k.bias == nil {
		k.bias = make([]float64, x.channels)
	}
	bias := b.initializer(l.role+".bias", toFloat32(k.bias))
	b.functions[mdconv.Signature{Groups: len(l.groups), Same: s.Same}] = true
	b.graph.Node = append(b.graph.Node, mdconv.Node(out, x.name, w, bias, out, s))
	return size
}
