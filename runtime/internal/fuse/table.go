package fuse

import (
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// Pass changes a graph into one of fewer nodes that computes the same.
type Pass struct {
	Name string
	Does string
	run  func(*fuser, *graph.Node) bool // true: the node is part of another one now
}

// Table lists the passes in the order in which they run, each once over all nodes.
var Table = []Pass{
	{"expansion", "gives a pointwise convolution, or a stem, to the depthwise one that alone reads it", expansion},
	{"gate", "gives the product of a picture and a factor for each channel to the pointwise convolution that alone reads it", gate},
	{"means", "has a depthwise convolution sum the means of its result", means},
}

// fuser is one pass over a graph.
type fuser struct {
	readers map[*graph.Value]*graph.Node // the convolution that alone reads a value, as its picture
}

// Run applies Table to g, whose portable passes have run.
func Run(b *limit.Budget, g *graph.Graph) error {
	for _, pass := range Table {
		if err := pass.over(b, g); err != nil {
			return err
		}
	}
	return nil
}

// over runs the pass over all nodes once.
func (p Pass) over(b *limit.Budget, g *graph.Graph) error {
	f := &fuser{readers: singleReaders(g)}
	gone := map[*graph.Node]bool{}
	for i, n := range g.Nodes {
		if i%nodesPerAsk == 0 && b.Err() != nil {
			return b.Err()
		}
		gone[n] = p.run(f, n)
	}
	g.Nodes = slices.DeleteFunc(g.Nodes, func(n *graph.Node) bool { return gone[n] })
	return nil
}

// nodesPerAsk is how many nodes a pass looks at between two looks at the context.
const nodesPerAsk = 256

// singleReaders finds the values that one convolution reads as its picture, and
// nothing else reads.
func singleReaders(g *graph.Graph) map[*graph.Value]*graph.Node {
	readers, uses := map[*graph.Value]*graph.Node{}, g.Uses()
	for _, n := range g.Nodes {
		if isConv(n) && uses[n.In[0]] == 1 {
			readers[n.In[0]] = n
		}
	}
	return readers
}
