package inline

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// cost is what inlining would build. It saturates.
type cost struct {
	nodes float64
	links float64 // inputs, outputs and attributes of those nodes
	depth int     // of calls inside one another
}

// linksPerNode bounds links, as a multiple of the limit on nodes. Models have
// some five.
const linksPerNode = 32

func (c *cost) add(d cost) {
	c.nodes += d.nodes
	c.links += d.links
	c.depth = max(c.depth, d.depth)
}

// checkBudget refuses a model whose functions would unfold to too much, before
// anything is built: ten calls each in nine levels are 10^9 nodes in a file of
// 2 kB. It counts from the innermost functions outwards, each once.
func (in *inliner) checkBudget() error {
	costs := map[message.FunctionID]cost{} // of a call, by function
	adder := func(sum *cost) func(*onnxpb.NodeProto) {
		return func(n *onnxpb.NodeProto) {
			sum.links += float64(len(n.GetInput()) + len(n.GetOutput()) + len(n.GetAttribute()))
			if c, called := costs[message.Callee(n)]; called {
				sum.add(c)
			} else {
				sum.nodes++
			}
		}
	}
	var inlined []*onnxpb.FunctionProto
	for _, f := range in.source.GetFunctions() {
		if in.functions[message.IDOf(f)] != nil {
			inlined = append(inlined, f)
		}
	}
	for _, f := range message.CallOrder(inlined, in.functions) {
		c := cost{links: float64(len(f.GetInput()) + len(f.GetOutput()) + len(f.GetAttributeProto()))}
		message.EachBodyNode(f, adder(&c))
		c.depth++
		costs[message.IDOf(f)] = c
	}
	var total cost
	for _, g := range message.Graphs(in.source) {
		message.EachNode(g.GetNode(), adder(&total))
	}
	return in.refuse(total)
}

func (in *inliner) refuse(c cost) error {
	path := (*fieldpath.Path)(nil).Field("graph")
	limits := in.limits
	switch most := float64(limits.Nodes); {
	case c.nodes >= most:
		return path.Errorf("%s nodes after inlining functions, allowed fewer than %d", approximately(c.nodes), limits.Nodes)
	case c.links > linksPerNode*most:
		return path.Errorf("nodes with %s inputs, outputs and attributes after inlining functions, allowed %d", approximately(c.links), linksPerNode*limits.Nodes)
	case c.depth > limits.Depth:
		return path.Errorf("functions call one another %d deep, allowed %d", c.depth, limits.Depth)
	}
	return nil
}

// approximately prints a count, in powers of ten if it is large.
func approximately(n float64) string {
	switch {
	case math.IsInf(n, 0):
		return "more than 1e+308"
	case n < 1e15:
		return fmt.Sprintf("%.0f", n)
	}
	return fmt.Sprintf("%.1e", n)
}

// countNodes adds n nodes to those built. It only finds something where a
// graph is passed to functions as an attribute: those copies are not foreseen.
func (in *inliner) countNodes(path *fieldpath.Path, n int) error {
	if in.nodes += n; in.nodes >= in.limits.Nodes {
		return path.Errorf("%d nodes or more after inlining functions, allowed are fewer", in.limits.Nodes)
	}
	return nil
}
