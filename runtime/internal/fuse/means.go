package fuse

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// means has the depthwise convolution that makes n's input sum n's means on its way:
// the beginning of squeeze and excitation.
func means(_ *fuser, n *graph.Node) bool {
	if !MeanOfPictures(n) || !Floats(n) {
		return false
	}
	maker := n.In[0].Def
	if maker == nil || maker.Means != nil || n.In[0].Known() || !Mixed(maker) {
		return false
	}
	maker.Means = n.Out[0]
	n.Out[0].Def = maker
	return true
}

// MeanOfPictures reports whether n is the mean over height and width.
func MeanOfPictures(n *graph.Node) bool {
	if !n.Is(op.GlobalAveragePool, op.ReduceMean) || n.In[0] == nil || len(n.In[0].Type.Shape) != 4 {
		return false
	}
	if n.Is(op.GlobalAveragePool) {
		return true
	}
	call, err := n.Call()
	if err != nil {
		return false
	}
	axes, _, err := ops.ReduceMeanOf(call)
	return err == nil && slices.Equal(axes, []int{2, 3})
}
