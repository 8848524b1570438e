package pass

import (
	"cmp"
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// channelSlice is a Slice of channels from to, but not including, to.
type channelSlice struct {
	node     *graph.Node
	from, to int64
}

// splits makes one Split of the Slices that cut a value's channels into
// adjacent parts without a rest, as torch.export writes it.
func splits(b *limit.Budget, g *graph.Graph) (bool, error) {
	cuts := map[*graph.Value][]channelSlice{}
	for i, n := range g.Nodes {
		if i%nodesPerAsk == 0 && b.Err() != nil {
			return false, b.Err()
		}
		if from, to, ok := channelRange(n); ok {
			cuts[n.In[0]] = append(cuts[n.In[0]], channelSlice{n, from, to})
		}
	}
	with := map[*graph.Node][]*graph.Node{}
	for x, parts := range cuts {
		first := parts[0].node
		slices.SortFunc(parts, func(a, b channelSlice) int { return cmp.Compare(a.from, b.from) })
		sizes, whole := partition(parts, int64(x.Type.Shape[1]))
		if !whole {
			continue
		}
		var out []*graph.Value
		for _, p := range parts {
			out = append(out, p.node.Out[0])
			with[p.node] = []*graph.Node{} // nothing
		}
		in := []*graph.Value{x, graph.Constant("", tensor.Of(sizes, len(sizes)))}
		with[first] = []*graph.Node{graph.NewNode(first.Name, op.Split, ops.Attrs{"axis": int64(1)}, in, out)}
	}
	return edit(b, g, func(_ *editor, n *graph.Node) ([]*graph.Node, error) { return with[n], nil })
}

// partition returns the sizes of sorted parts if they cover channels from the
// first to the last, each once.
func partition(parts []channelSlice, channels int64) (sizes []int64, whole bool) {
	at := int64(0)
	for _, p := range parts {
		if p.from != at {
			return nil, false
		}
		sizes = append(sizes, p.to-p.from)
		at = p.to
	}
	return sizes, at == channels && len(parts) > 1
}

// channelRange returns the range of a Slice that takes adjacent channels of
// [N,C,H,W] and nothing else.
func channelRange(n *graph.Node) (from, to int64, ok bool) {
	if !n.Is(op.Slice) || len(n.In) < 4 || len(n.In[0].Type.Shape) != 4 {
		return 0, 0, false
	}
	channels := int64(n.In[0].Type.Shape[1])
	from, okFrom := integer(n.In[1])
	to, okTo := integer(n.In[2])
	axis, okAxis := integer(n.In[3])
	step := int64(1)
	if okStep := true; len(n.In) > 4 && n.In[4] != nil {
		if step, okStep = integer(n.In[4]); !okStep {
			return 0, 0, false
		}
	}
	to = min(to, channels)
	ok = okFrom && okTo && okAxis && (axis == 1 || axis == -3) && step == 1 && 0 <= from && from < to
	return from, to, ok
}

// integer returns the only element of a constant.
func integer(v *graph.Value) (int64, bool) {
	t := v.Const()
	if t == nil || t.Elements() != 1 {
		return 0, false
	}
	switch d := t.Data.(type) {
	case []int64:
		return d[0], t.DType == tensor.Int64
	case []int32:
		return int64(d[0]), true
	}
	return 0, false
}
