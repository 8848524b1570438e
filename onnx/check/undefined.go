package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/internal/fieldpath"
	"github.com/mixconv/mixconv/onnx/internal/message"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// What follows runs only for an error, so that it can afford to find the
// reason.

// nodeList is the nodes of a graph or of a function's body, and where they stand.
type nodeList struct {
	path  *fieldpath.Path
	nodes []*onnxpb.NodeProto
}

func (l nodeList) at(i int) *fieldpath.Path {
	return l.path.Typed("node", i, l.nodes[i].GetName(), l.nodes[i].GetOpType())
}

// undefined returns the error for input j of node i of the list being checked,
// which has no value: nodes form a cycle, here or around it, they are not in order,
// or nothing has that name.
func (c *checker) undefined(i, j int) error {
	here := c.lists[len(c.lists)-1]
	name := here.nodes[i].GetInput()[j]
	for _, l := range slices.Backward(c.lists) {
		if l.producer(name) < 0 {
			continue
		}
		if err := l.cycle(); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("input %d %s", j, errs.Quote(name))
	if k := here.producer(name); k >= 0 {
		return here.at(i).Errorf("%s is produced later, by %s: nodes must be in topological order", what, nodeLabel(here.nodes, k))
	}
	return here.at(i).Errorf("%s is not defined%s", what, c.hint(name))
}

// producer is the place of the node that makes a value, -1 if none does.
func (l nodeList) producer(name string) int {
	return slices.IndexFunc(l.nodes, func(n *onnxpb.NodeProto) bool { return slices.Contains(n.GetOutput(), name) })
}

// cycle returns an error about a cycle of nodes, nil if there is none.
func (l nodeList) cycle() error {
	reads := make([][]string, len(l.nodes))
	for i := range l.nodes {
		message.EachNode(l.nodes[i:i+1], func(inner *onnxpb.NodeProto) { reads[i] = append(reads[i], inner.GetInput()...) })
		reads[i] = slices.DeleteFunc(reads[i], func(name string) bool { return name == "" })
	}
	_, cycle := message.Topological(l.nodes, reads)
	if cycle == nil {
		return nil
	}
	first, made := l.nodes[cycle[0]], l.nodes[cycle[1]].GetOutput()
	name := reads[cycle[0]][slices.IndexFunc(reads[cycle[0]], func(name string) bool { return slices.Contains(made, name) })]
	what := "a graph in it reads " + errs.Quote(name) + ", which"
	if j := slices.Index(first.GetInput(), name); j >= 0 {
		what = fmt.Sprintf("input %d %s", j, errs.Quote(name))
	}
	if cycle[0] == cycle[1] {
		return l.at(cycle[0]).Errorf("%s is the node's own output", what)
	}
	var steps []string
	for _, k := range cycle {
		steps = append(steps, nodeLabel(l.nodes, k))
	}
	return l.at(cycle[0]).Errorf("%s closes a cycle: %s", what, strings.Join(elide(steps), " ← "))
}

func nodeLabel(nodes []*onnxpb.NodeProto, i int) string {
	return (*fieldpath.Path)(nil).Typed("node", i, nodes[i].GetName(), nodes[i].GetOpType()).String()
}

// hint names the visible value whose name is closest to name, if one is close.
func (c *checker) hint(name string) string {
	return errs.DidYouMean(name, slices.Values(c.scope.order))
}
