package fuse

import "github.com/mixconv/mixconv/runtime/internal/graph"

// expansion gives the convolution n to the depthwise one that alone reads its result:
// the expanded picture of an inverted residual block is its largest, and is then never
// stored. A stem can be given away where its picture lies as the caller gave it.
func expansion(f *fuser, n *graph.Node) bool {
	c, ok := ConvOf(n)
	if !ok || Depthwise(n, c) || n.Post.Residual != nil || n.Pre != nil {
		return false
	}
	reader := f.readers[n.Out[0]]
	if reader == nil || reader.Pre != nil || reader.Post.Residual != nil || !Mixed(reader) {
		return false
	}
	stem := n.In[0].Def == nil && !n.In[0].Known() && Planar(n, c)
	if !stem && !Pointwise(n, c) {
		return false
	}
	reader.Pre = n
	return true
}
