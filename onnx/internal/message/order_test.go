package message_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// opNames lists the operators of nodes in their order.
func opNames(nodes []*onnxpb.NodeProto) string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.GetOpType())
	}
	return strings.Join(names, " ")
}

// TestSorted is about models whose nodes are out of order; that files are sorted
// too shows onnx/testdata/bad/not_sorted.onnx.
func TestSorted(t *testing.T) {
	captured := inner("a", "t") // reads a of the graph around it
	body := graph("", "t", node("Abs", "u", "t"), node("Exp", "x", "u"))
	for name, c := range map[string]struct {
		m    *onnx.Model
		want string
	}{
		"in order":                    {model(graph("x", "y", node("Relu", "x", "a"), node("Neg", "x", "b"), node("Add", "a b", "y"))), "Relu Neg Add"},
		"reversed":                    {model(graph("x", "y", node("Add", "a b", "y"), node("Neg", "a", "b"), node("Relu", "x", "a"))), "Relu Neg Add"},
		"stable":                      {model(graph("x", "y", node("Exp", "x", "e"), node("Add", "c e", "y"), node("Log", "x", "l"), node("Neg", "x", "c"))), "Exp Neg Add Log"},
		"captured":                    {model(graph("x", "y", branch("x", "y", captured), node("Relu", "x", "a"))), "Relu If"},
		"name used again by a branch": {model(graph("x", "t", branch("x", "a", inner("x", "t")), node("Relu", "a", "t"))), "If Relu"},
		"body":                        {model(graph("x", "y", branch("x", "y", body))), "If"},
		"function":                    {model(graph("x", "y", node("f.F", "x", "y")), function("f.F", "a", "b", "", node("Relu", "c", "b"), node("Neg", "a", "c"))), "F"},
	} {
		if err := check.Model(c.m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := opNames(c.m.Proto.GetGraph().GetNode()); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		for _, f := range c.m.Proto.GetFunctions() {
			if got := opNames(f.GetNode()); got != "Neg Relu" {
				t.Errorf("%s: function %s", name, got)
			}
		}
	}
	if got := opNames(body.GetNode()); got != "Exp Abs" {
		t.Errorf("body: %s", got)
	}
}

// TestSortedLong is a chain in the wrong order, long enough that recursion or a
// search for each node would show.
func TestSortedLong(t *testing.T) {
	const n = 100_000
	var nodes []*onnxpb.NodeProto
	for i := n; i > 0; i-- {
		nodes = append(nodes, node("Relu", "v"+strconv.Itoa(i-1), "v"+strconv.Itoa(i)))
	}
	start := time.Now()
	sorted := model(graph("v0", "v"+strconv.Itoa(n), nodes...))
	if err := check.Model(sorted); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%v", took)
	}
}
