package check_test

import (
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

func TestCycles(t *testing.T) {
	for want, m := range map[string]*onnx.Model{
		// The node that is only out of order comes first.
		`graph.node[2] Neg: input 0 d closes a cycle: node[2] Neg ← node[3] Exp ← node[2] Neg`:                   model(graph("x", "y", node("Add", "a c", "y"), node("Relu", "x", "a"), node("Neg", "d", "c"), node("Exp", "c", "d"))),
		`graph.node[0] If: a graph in it reads a, which closes a cycle: node[0] If ← node[1] Relu ← node[0] If`:  model(graph("x", "y", branch("x", "y", inner("a", "t")), node("Relu", "y", "a"))),
		`graph.node[0] If: a graph in it reads y, which is the node's own output`:                                model(graph("x", "y", branch("x", "y", inner("y", "t")))),
		`functions[0] "F" node[0] Relu: input 0 c closes a cycle: node[0] Relu ← node[1] Neg ← node[0] Relu`:     model(graph("x", "y", node("f.F", "x", "y")), function("f.F", "a", "b", "", node("Relu", "c", "b"), node("Neg", "b", "c"))),
		`attribute then_branch g.node[0] Abs: input 0 u closes a cycle: node[0] Abs ← node[1] Exp ← node[0] Abs`: model(graph("x", "y", branch("x", "y", graph("", "t", node("Abs", "u", "t"), node("Exp", "t", "u"))))),
	} {
		wantError(t, check.Model(m), want)
	}
}

// TestCheckOrder is about a model that was changed after it was read.
func TestCheckOrder(t *testing.T) {
	m := model(graph("x", "y", node("Relu", "x", "a"), node("Neg", "a", "y")))
	m.Proto = proto.Clone(m.Proto).(*onnxpb.ModelProto)
	nodes := m.Proto.GetGraph().GetNode()
	nodes[0], nodes[1] = nodes[1], nodes[0]
	wantError(t, check.Model(m), "input 0 a is produced later, by node[1] Relu: nodes must be in topological order")
}
