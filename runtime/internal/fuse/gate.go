package fuse

import (
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// gate gives n, the product of a picture and one factor per channel, to the pointwise
// convolution that alone reads it: the end of squeeze and excitation.
func gate(f *fuser, n *graph.Node) bool {
	reader := f.readers[n.Out[0]]
	if !n.Is(op.Mul) || reader == nil || reader.Pre != nil || !Floats(n) {
		return false
	}
	c, ok := ConvOf(reader)
	if !ok || Depthwise(reader, c) || !Pointwise(reader, c) {
		return false
	}
	if _, _, ok := Gate(n); !ok {
		return false
	}
	reader.Pre = n
	return true
}

// Gate returns which operand of the product n is the picture, and which one has a
// factor for each of its channels.
func Gate(n *graph.Node) (picture, factors *graph.Value, ok bool) {
	for i, v := range n.In {
		picture, s := n.In[1-i], v.Type.Shape
		if len(s) == 4 && s[2]*s[3] == 1 && picture.Type.Shape.Equal(n.Out[0].Type.Shape) && s[:2].Equal(picture.Type.Shape[:2]) {
			return picture, v, true
		}
	}
	return nil, nil, false
}
