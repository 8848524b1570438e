package pass

import (
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// identity drops nodes that copy their input: a Pad by nothing among them.
func identity(b *limit.Budget, g *graph.Graph) (bool, error) {
	instead := graph.Instead{}
	uses := g.Uses()
	for i, n := range g.Nodes {
		if i%nodesPerAsk == 0 && b.Err() != nil {
			return false, b.Err()
		}
		copies := n.Is(op.Identity) || n.Is(op.Cast) && n.In[0].Type.DType == n.Out[0].Type.DType
		if n.Is(op.Pad) {
			begin, end, known := padding(n)
			copies = known && !slices.ContainsFunc(append(begin, end...), func(d int) bool { return d != 0 })
		}
		if copies && uses[n.Out[0]] > 0 {
			instead[n.Out[0]] = instead.Of(n.In[0])
		}
	}
	g.Replace(instead)
	return len(instead) > 0, nil
}

// padding returns what a Pad adds at the begin and the end of each dimension.
func padding(n *graph.Node) (begin, end []int, known bool) {
	call, err := n.Call()
	if err != nil {
		return nil, nil, false
	}
	return ops.PadOf(call)
}
