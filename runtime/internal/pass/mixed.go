package pass

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// mixed finds Split → one depthwise Conv per part → Concat along the channels,
// with nothing else reading in between, and makes it one MDConv.
func mixed(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		convs, split := e.mixedBefore(n)
		if split == nil {
			return nil, nil
		}
		md, err := mixedNode(n, convs, split)
		if md == nil || err != nil {
			return nil, err
		}
		return []*graph.Node{md}, nil
	})
}

// mixedBefore matches the structure that ends in the Concat n.
func (e *editor) mixedBefore(n *graph.Node) (convs []*graph.Node, split *graph.Node) {
	if !n.Is(op.Concat) || !channelAxis(n, n.Out[0]) || len(n.In) < 2 || len(n.In) > ops.MaxGroups {
		return nil, nil
	}
	for i, v := range n.In {
		conv := e.only(v)
		if !conv.Is(op.Conv) || !foldable(conv) || e.only(conv.In[0]) == nil {
			return nil, nil
		}
		s := conv.In[0].Def
		if split == nil {
			split = s
		}
		if s != split || !s.Is(op.Split) || i >= len(s.Out) || s.Out[i] != conv.In[0] {
			return nil, nil
		}
		if c, err := convGeometry(conv); err != nil || !depthwise(c, conv) || !sameStride(c, convs) {
			return nil, nil
		}
		convs = append(convs, conv)
	}
	if len(split.Out) != len(convs) || !channelAxis(split, split.In[0]) {
		return nil, nil
	}
	return convs, split
}

func channelAxis(n *graph.Node, v *graph.Value) bool {
	axis := n.Attrs.Int("axis", 0)
	return len(v.Type.Shape) == 4 && (axis == 1 || axis == -3)
}

// convGeometry resolves a Conv. The batch size, which the geometry does not
// depend on, may be unknown.
func convGeometry(n *graph.Node) (ops.Conv, error) {
	call, err := n.Call()
	if err != nil {
		return ops.Conv{}, err
	}
	if x := call.In[0].Shape.Clone(); len(x) > 0 {
		x[0] = 1
		call.In[0].Shape = x
	}
	return ops.ConvOf(call)
}

func depthwise(c ops.Conv, conv *graph.Node) bool {
	x, w := conv.In[0].Type.Shape, conv.In[1].Type.Shape
	return len(w) == 4 && c.Group == x[1] && w[0] == x[1] && w[1] == 1
}

func sameStride(c ops.Conv, convs []*graph.Node) bool {
	if len(convs) == 0 {
		return true
	}
	first, err := convGeometry(convs[0])
	return err == nil && slices.Equal(first.Stride, c.Stride)
}

func mixedNode(concat *graph.Node, convs []*graph.Node, split *graph.Node) (*graph.Node, error) {
	attrs := ops.Attrs{}
	in := []*graph.Value{split.In[0]}
	var sizes []int64
	var bias []float32
	for i, conv := range convs {
		c, err := convGeometry(conv)
		if err != nil {
			return nil, err
		}
		w := conv.In[1]
		channels := w.Type.Shape[0]
		attrs[fmt.Sprintf("pads%d", i)] = int64s(append(slices.Clone(c.PadBegin), c.PadEnd...))
		attrs[fmt.Sprintf("dilations%d", i)] = int64s(c.Dilation)
		attrs[fmt.Sprintf("group%d", i)] = int64(channels)
		attrs["strides"] = int64s(c.Stride)
		sizes = append(sizes, int64(channels))
		in = append(in, w)
		b := make([]float32, channels)
		if v := biasOf(conv, 1); v != nil {
			copy(b, tensor.Data[float32](v.Const()))
		}
		bias = append(bias, b...)
	}
	attrs["split"] = sizes
	in = append(in, graph.Constant(concat.Name+"/bias", tensor.Of(bias, len(bias))))
	return graph.NewNode(concat.Name, op.MDConv, attrs, in, concat.Out[:1]), nil
}

func int64s(list []int) []int64 {
	out := make([]int64, len(list))
	for i, v := range list {
		out[i] = int64(v)
	}
	return out
}
