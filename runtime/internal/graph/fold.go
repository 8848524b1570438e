package graph

import (
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/eval"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// Constants are computed from constants where types are inferred, so that shapes are
// known and a run need not repeat it. What a budget does not allow stays a node.

const (
	// foldBytes bounds a constant that folding may make out of smaller ones, so
	// that a file of a hundred bytes does not become a gigabyte.
	foldBytes = 16 << 20
	// smallElements is the most that a shape, or a list of indices, is computed with.
	smallElements = 1 << 12
	// nodeCost is what a node takes however few its elements are, in operations on
	// elements.
	nodeCost = 1000
)

// foldable reports whether every input is known and the results are small.
func (n *Node) foldable() bool {
	if n.left {
		return false
	}
	var have int64
	for _, v := range n.In {
		if v == nil {
			continue
		}
		if !v.Known() {
			return false
		}
		have += bytesOf(v.Type)
	}
	if n.Is(op.NonZero) && len(n.Out) == 1 { // there are at most as many places as elements, as int64
		return n.In[0].Type.Shape.Elements()*len(n.In[0].Type.Shape) <= foldBytes/8
	}
	return n.Post == Epilogue{} && !slices.ContainsFunc(n.Out, func(v *Value) bool {
		return v != nil && (!v.Type.Shape.Known() || bytesOf(v.Type) > max(foldBytes, have))
	})
}

func bytesOf(t ops.Type) int64 {
	_, bytes, err := tensor.Size(t.DType, t.Shape)
	if err != nil {
		return 1 << 62
	}
	return bytes
}

func (n *Node) fold(b *limit.Budget, call *ops.Call) error {
	bytes, small := n.made()
	return b.Fold(small, bytes, func(b *limit.Budget) error {
		in := make([]*tensor.Tensor, len(n.In))
		for i, v := range n.In {
			in[i] = v.Const()
		}
		out, err := eval.Run(b, call, in)
		if err != nil {
			return err
		}
		for i, v := range n.Out {
			if v != nil {
				v.Type.Value = out[i]
				v.Type.Shape = out[i].Shape
			}
		}
		return nil
	})
}

// made is the size of what n makes, and whether that and n's inputs have few
// elements.
func (n *Node) made() (bytes int64, small bool) {
	most := 0
	for _, v := range slices.Concat(n.In, n.Out) {
		if v != nil {
			most = max(most, v.Type.Shape.Elements())
		}
	}
	for _, v := range n.Out {
		switch {
		case v == nil:
		case v.Type.Shape.Known():
			bytes += bytesOf(v.Type)
		default: // of NonZero
			bytes += 8 * int64(n.In[0].Type.Shape.Elements()*len(n.In[0].Type.Shape))
		}
	}
	return bytes, most <= smallElements
}
