package plan

import (
	"slices"

	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// order says how a value is best stored.
type order struct {
	picture bool  // channels last; else row-major
	perm    []int // of the Transpose that alone reads it; nil: there is none
}

// layOutValues finds the order of g's values.
func layOutValues(g *graph.Graph) map[*graph.Value]order {
	layout := map[*graph.Value]order{}
	for v := range findImages(g) {
		layout[v] = order{picture: true}
	}
	uses := g.Uses()
	for _, n := range g.Nodes {
		if n.Is(op.Transpose) && uses[n.In[0]] == 1 {
			o := layout[n.In[0]]
			o.perm = n.Perm()
			layout[n.In[0]] = o
		}
	}
	return layout
}

// findImages finds the values of rank 4 that are best stored as pictures,
// channels last: what convolutions and their like read or make, directly or
// behind operators that work element by element. Other values of rank 4, such
// as those of attention, are row-major.
func findImages(g *graph.Graph) map[*graph.Value]bool {
	images := map[*graph.Value]bool{}
	mark := func(list []*graph.Value) {
		for _, v := range list {
			if v != nil && len(v.Type.Shape) == 4 {
				images[v] = true
			}
		}
	}
	some := func(list []*graph.Value) bool {
		return slices.ContainsFunc(list, func(v *graph.Value) bool { return images[v] && !v.Known() })
	}
	for _, n := range slices.Backward(g.Nodes) {
		if isStored(n, pictures) {
			mark(n.In[:1])
			mark(n.Out)
			mark([]*graph.Value{n.Means})
			if n.Pre != nil {
				mark(n.Pre.In)
			}
		} else if some(n.Out) && liesAsInputs(n) {
			mark(n.In)
		}
	}
	for _, n := range g.Nodes {
		if some(n.In) && liesAsInputs(n) {
			mark(n.Out)
		}
	}
	return images
}

// permuted is the order of dims in which the result of their permutation is
// row-major.
func permuted(dims, perm []int) []int {
	strides, n := make([]int, len(dims)), 1
	for _, d := range slices.Backward(perm) {
		strides[d] = n
		n *= max(dims[d], 1)
	}
	return strides
}

// lastTwo is the permutation that exchanges the last two of rank dimensions.
func lastTwo(rank int) []int {
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = i
	}
	slices.Reverse(perm[rank-2:])
	return perm
}
