package inline_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/inline"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

// nodesOf is the dump of a model's graph without its first line and margin.
func nodesOf(t *testing.T, m *onnx.Model) string {
	t.Helper()
	_, body, _ := strings.Cut(dumped(t, m), "\ngraph g\n")
	var lines []string
	for line := range strings.Lines(body) {
		if line = strings.TrimPrefix(line, "  "); !strings.HasPrefix(line, "input ") && !strings.HasPrefix(line, "output ") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

func TestInline(t *testing.T) {
	relu := function("f.Relu2", "a", "b", "", node("Relu", "a", "t"), named("last", node("Relu", "t", "b")))
	withDefault := function("f.D", "a", "b", "", node("Softmax", "a", "b", onnx.RefAttr("axis", "k", onnxpb.AttributeProto_INT)))
	withDefault.AttributeProto = []*onnxpb.AttributeProto{onnx.IntAttr("k", 7)}
	two := function("f.Two", "a b", "c d", "", node("Add", "a b", "c"), node("Op", "a b _", "d"))
	graphType := onnxpb.AttributeProto_GRAPH

	for _, c := range []struct {
		name string
		m    *onnx.Model
		want string
	}{
		{"a call", model(graph("x", "y", named("blocks/0", node("f.Relu2", "x", "y"))), relu), `
node blocks/0/t = Relu(x) # blocks/0/t
node y = Relu(blocks/0/t) # blocks/0/last
`},
		{"two calls, one without a name, with names that are taken", model(graph("x", "y",
			node("f.Relu2", "x", "a"), node("Relu", "a", "n/t"), named("n", node("f.Relu2", "n/t", "y"))), relu), `
node a/t = Relu(x) # a/t
node a = Relu(a/t) # a/last
node n/t = Relu(a)
node n/t_2 = Relu(n/t) # n/t
node y = Relu(n/t_2) # n/last
`},
		{"calls in a function", model(graph("x", "y", named("c", node("f.Outer", "x", "y"))), relu,
			function("f.Outer", "p", "q", "", named("in", node("f.Relu2", "p", "r")), node("f.Relu2", "r", "q"))), `
node c/in/t = Relu(x) # c/in/t
node c/r = Relu(c/in/t) # c/in/last
node c/q/t = Relu(c/r) # c/q/t
node y = Relu(c/q/t) # c/q/last
`},
		{"attributes given, by default, left out", model(graph("x", "y",
			node("f.D", "x", "a", onnx.IntAttr("k", 1)), node("f.D", "a", "b"), node("f.N", "b", "y")), withDefault,
			function("f.N", "a", "b", "k", node("Softmax", "a", "b", onnx.RefAttr("axis", "k", onnxpb.AttributeProto_INT)))), `
node a = Softmax(x) axis=1 # a/b
node b = Softmax(a) axis=7 # b/b
node y = Softmax(b) # y/b
`},
		{"attributes handed on", model(graph("x", "y", node("f.H", "x", "y", onnx.IntAttr("n", 3))), withDefault,
			function("f.H", "a", "b", "n", node("f.D", "a", "b", onnx.RefAttr("k", "n", onnxpb.AttributeProto_INT)))), `
node y = Softmax(x) axis=3 # y/b/b
`},
		{"absent inputs and outputs", model(graph("x", "y", named("c", node("f.Two", "x", "_ y"))), two), `
node c/c = Add(x, "") # c/c
node y = Op(x, "", "") # c/d
`},
		{"an input as output", model(graph("x", "y z", named("c", node("f.Same", "x", "y z"))),
			function("f.Same", "a", "a b", "", node("Relu", "a", "b"))), `
node y = Identity(x) # c/a
node z = Relu(x) # c/b
`},
		{"a subgraph in a body sees the body's values", model(graph("x t", "y", named("c", node("f.S", "x", "y"))),
			function("f.S", "a", "b", "", node("Relu", "a", "t"), branch("a", "b", graph("", "u", node("Add", "a t", "u"))))), `
node c/t = Relu(x) # c/t
node y = If(x) then_branch=graph # c/b
  then_branch = graph g
    output c/u float32[…]
    node c/u = Add(x, c/t) # c/u
`},
		{"a call in a subgraph", model(graph("x", "y", node("Relu", "x", "t"), branch("x", "y", graph("", "u", node("f.Relu2", "t", "u")))), relu), `
node t = Relu(x)
node y = If(x) then_branch=graph
  then_branch = graph g
    output u float32[…]
    node u/t = Relu(t) # u/t
    node u = Relu(u/t) # u/last
`},
		{"the same name in sibling subgraphs and after them", model(graph("x", "y", named("c", node("f.S", "x", "y"))),
			function("f.S", "a", "b", "", branch("a", "p", inner("a", "t")), branch("p", "q", inner("a", "t")), node("Relu", "q", "t"), node("Add", "t p", "b"))), `
node c/p = If(x) then_branch=graph # c/p
  then_branch = graph g
    output c/t float32[…]
    node c/t = Relu(x) # c/t
node c/q = If(c/p) then_branch=graph # c/q
  then_branch = graph g
    output c/t_2 float32[…]
    node c/t_2 = Relu(x) # c/t_2
node c/t_3 = Relu(c/q) # c/t_3
node y = Add(c/t_3, c/p) # c/b
`},
		{"a graph given as attribute sees the caller's values", model(graph("x t", "y", named("c", node("f.G", "x", "y", onnx.GraphAttr("body", inner("t", "u"))))),
			function("f.G", "t", "b", "body", node("Relu", "t", "x"), node("If", "x", "b", onnx.RefAttr("then_branch", "body", graphType)))), `
node c/x = Relu(x) # c/x
node y = If(c/x) then_branch=graph # c/b
  then_branch = graph g
    output u float32[…]
    node u = Relu(t)
`},
		{"overloads", model(graph("x", "y", overloaded(node("f.F", "x", "a"), "2"), node("Relu", "a", "y")),
			overload(function("f.F", "a", "b", "", node("One", "a", "b")), "1"), overload(function("f.F", "a", "b", "", node("Two", "a", "b")), "2")), `
node a = Two(x) # a/b
node y = Relu(a)
`},
	} {
		before := proto.Clone(c.m.Proto)
		out, err := inline.Model(c.m, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if diff := cmp.Diff(strings.TrimPrefix(c.want, "\n"), nodesOf(t, out)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if len(out.Proto.Functions) != 0 {
			t.Errorf("%s: functions left", c.name)
		}
		if !proto.Equal(before, c.m.Proto) {
			t.Errorf("%s: the source has changed", c.name)
		}
	}
}

func TestInlineKeeps(t *testing.T) {
	m := model(graph("x", "y", named("a", node("f.Outer", "x", "t")), named("b", node("f.Kept", "t", "u")), named("c", node("f.Leaf", "u", "y"))),
		function("f.Outer", "a", "b", "", node("f.Kept", "a", "b")),
		function("f.Kept", "a", "b", "", node("f.Leaf", "a", "b")),
		identityFunction("f.Leaf"),
		identityFunction("f.Unused"))
	out, err := inline.Model(m, func(f *onnxpb.FunctionProto) bool { return f.GetName() == "Kept" })
	if err != nil {
		t.Fatal(err)
	}
	want := `node t = f.Kept(x) # a/b
node u = f.Kept(t) # b
node y = Identity(u) # c/b
`
	if diff := cmp.Diff(want, nodesOf(t, out)); diff != "" {
		t.Error(diff)
	}
	if out.Function("f", "Kept", "") == nil || out.Function("f", "Leaf", "") == nil || len(out.Proto.Functions) != 2 {
		t.Errorf("functions left: %v, want the one kept and the one that it calls", out.Proto.Functions)
	}
}

func TestInlineImports(t *testing.T) {
	f := function("f.F", "a", "b", "", node("Identity", "a", "t"), node("g.Op", "t", "b"))
	f.OpsetImport = []*onnxpb.OperatorSetIdProto{opsetID("ai.onnx", 18), opsetID("g", 2), opsetID("unused", 3)}
	m := model(graph("x", "y", node("f.F", "x", "y")), f)
	_, err := inline.Model(m, nil)
	var unsupported *errs.UnsupportedError
	if !errors.As(err, &unsupported) || len(unsupported.Items) != 1 {
		t.Errorf("error %v, want one thing unsupported", err)
	}
	wantError(t, err, "f.F: the function uses version 18 of ai.onnx, the model version 17")
	f.OpsetImport[0].Version = proto.Int64(17)
	out, err := inline.Model(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := out.Opset("g"); v != 2 || !ok {
		t.Error("an operator set that only a function uses is not imported")
	}
	if _, ok := out.Opset("unused"); ok || len(m.Proto.OpsetImport) != 2 {
		t.Error("imports of something that nothing uses, or in the source")
	}
}

func TestInlineBudget(t *testing.T) {
	graphs := model(graph("x", "y", node("f.G0", "x", "y", onnx.GraphAttr("g", graph("", "t", node("Relu", "x", "t"))))))
	for i := range 30 { // each level has its argument twice in what it hands on
		double := graph("", "t", node("If", "a", "t", onnx.RefAttr("then_branch", "g", onnxpb.AttributeProto_GRAPH), onnx.RefAttr("else_branch", "g", onnxpb.AttributeProto_GRAPH)))
		f := function(fmt.Sprintf("f.G%d", i), "a", "b", "g", node(fmt.Sprintf("f.G%d", i+1), "a", "b", onnx.GraphAttr("g", double)))
		graphs.Proto.Functions = append(graphs.Proto.Functions, f)
	}
	graphs.Proto.Functions = append(graphs.Proto.Functions, function("f.G30", "a", "b", "g", node("Loop", "a", "b", onnx.RefAttr("body", "g", onnxpb.AttributeProto_GRAPH))))

	wide := function("f.W", "a", "b", "", node("Sum", strings.Repeat("a ", 10_000), "b"))
	var calls []*onnxpb.NodeProto
	for i := range 1000 {
		calls = append(calls, node("f.W", "x", fmt.Sprint("y", i)))
	}
	deep := model(graph("x", "y", node("f.C0", "x", "y")))
	for i := range 5000 {
		deep.Proto.Functions = append(deep.Proto.Functions, function(fmt.Sprintf("f.C%d", i), "a", "b", "", node(fmt.Sprintf("f.C%d", i+1), "a", "b")))
	}
	deep.Proto.Functions = append(deep.Proto.Functions, identityFunction("f.C5000"))

	for _, c := range []struct {
		name, want string
		m          *onnx.Model
	}{
		{"10^5 nodes", "graph: 100000 nodes after inlining functions, allowed fewer than 100000", laughs(5)},
		{"10^9 nodes", "1000000000 nodes after inlining", laughs(9)},
		{"10^90 nodes", "1.0e+90 nodes after inlining", laughs(90)},
		{"10^400 nodes", "more than 1e+308 nodes", laughs(400)},
		{"10^7 inputs", "inputs, outputs and attributes after inlining", model(graph("x", "y0", calls...), wide)},
		{"2^30 graphs", "after inlining functions", graphs},
		{"calls 5000 deep", "functions call one another 5001 deep, allowed 100", deep},
	} {
		start := time.Now()
		_, err := inline.Model(c.m, nil)
		wantError(t, err, c.want)
		if d := time.Since(start); d > 500*time.Millisecond { // 100 ms on an idle machine
			t.Errorf("%s: refused after %v", c.name, d)
		}
	}
	m := laughs(3)
	m = within(t, m, limit.Limits{Nodes: 1001})
	if out, err := inline.Model(m, nil); err != nil || len(out.Proto.Graph.Node) != 1000 {
		t.Errorf("1000 nodes of 1001: %v", err)
	}
}

func TestInlineRefuses(t *testing.T) {
	wrongType := model(graph("x", "y", node("f.F", "x", "y", onnx.FloatAttr("k", 1))),
		function("f.F", "a", "b", "k", node("Softmax", "a", "b", onnx.RefAttr("axis", "k", onnxpb.AttributeProto_INT))))
	_, err := inline.Model(wrongType, nil)
	wantError(t, err, `functions "F" node[0] Softmax attribute axis: type INT, but the call gives k a value of type FLOAT`)
	leftOut := model(graph("x", "y z", node("f.F", "_", "y z")), function("f.F", "a", "a b", "", node("Constant", "", "b")))
	_, err = inline.Model(leftOut, nil)
	wantError(t, err, "output a of the function f.F is an input that the call leaves out")
}

// Names do not grow with the depth of calls, and stay valid to read again.
func TestInlineLongNames(t *testing.T) {
	long := strings.Repeat("é", 500)
	m := model(graph("x", "y", named(long, node("f.C0", "x", "y"))))
	for i := range 50 {
		m.Proto.Functions = append(m.Proto.Functions, function(fmt.Sprintf("f.C%d", i), "a", "b", "",
			named(long, node(fmt.Sprintf("f.C%d", i+1), "a", long)), named(long, node("Relu", long, "b"))))
	}
	m.Proto.Functions = append(m.Proto.Functions, identityFunction("f.C50"))
	out, err := inline.Model(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := onnx.Decode("inlined", encode(t, out), noLimits); err != nil {
		t.Error(err)
	}
}
