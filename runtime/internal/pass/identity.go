package pass

import "github.com/mixconv/mixconv/runtime/internal/graph"

func identity(g *graph.Graph) (bool, error) {
	changed := false
	uses := g.Uses()
	for _, n := range g.Nodes {
		copies := n.Is("Identity") || n.Is("Cast") && n.In[0].Type.DType == n.Out[0].Type.DType
		if copies && uses[n.Out[0]] > 0 {
			g.Replace(n.Out[0], n.In[0])
			changed = true
		}
	}
	return changed, nil
}
