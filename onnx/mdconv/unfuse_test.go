package mdconv

import (
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/check"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
)

func fusedModel(t *testing.T) *onnx.Model {
	t.Helper()
	m := splitModel()
	mustFuse(t, m, 1)
	return m
}

func mustUnfuse(t *testing.T, m *onnx.Model, want int) {
	t.Helper()
	if err := check.Model(m); err != nil {
		t.Fatalf("before: %v", err)
	}
	n, err := Unfuse(m)
	if err != nil || n != want {
		t.Fatalf("%d rewritten, %v, want %d", n, err, want)
	}
	if err := check.Model(m); err != nil {
		t.Errorf("after: %v", err)
	}
}

func ops(nodes []*onnxpb.NodeProto) string {
	var names []string
	for _, n := range nodes {
		names = append(names, n.GetOpType())
	}
	return strings.Join(names, " ")
}

func TestUnfuse(t *testing.T) {
	m := fusedModel(t)
	mustUnfuse(t, m, 1)
	if got := ops(m.Proto.Graph.Node); got != "Split Conv Conv Conv Concat" {
		t.Error(got)
	}
	if len(m.Proto.Functions) != 0 || len(m.Proto.OpsetImport) != 1 {
		t.Errorf("left: functions %v, imports %v", m.Proto.Functions, m.Proto.OpsetImport)
	}
	if got := initializerNames(m); !slices.Equal(got, []string{"w0", "b_0", "b_1", "b_2", "w1", "w2", "y/sizes"}) {
		t.Errorf("initializers %v", got)
	}
	mustFuse(t, m, 1)
	if want := fusedModel(t); !proto.Equal(m.Proto, want.Proto) {
		t.Error("fusing again gives another model")
	}
}

// TestUnfuseByBody: what a function does decides, not what it is called.
func TestUnfuseByBody(t *testing.T) {
	m := fusedModel(t)
	m.Proto.Functions[0].Name = proto.String("prefix_MDConv3")
	m.Proto.Functions[0].Domain = proto.String("prefixed")
	m.Proto.Graph.Node[0].OpType, m.Proto.Graph.Node[0].Domain = proto.String("prefix_MDConv3"), proto.String("prefixed")
	m.Proto.OpsetImport[1].Domain = proto.String("prefixed")
	mustUnfuse(t, m, 1)
	if len(m.Proto.OpsetImport) != 1 {
		t.Errorf("imports %v", m.Proto.OpsetImport)
	}

	m = fusedModel(t)
	m.Proto.Functions[0].Node[2].Attribute[0].I = proto.Int64(-1)
	before := proto.CloneOf(m.Proto)
	mustUnfuse(t, m, 0)
	if !proto.Equal(before, m.Proto) {
		t.Error("a model whose function is another one was changed")
	}
}

func TestUnfuseBiasThatIsComputed(t *testing.T) {
	m := fusedModel(t)
	g := m.Proto.Graph
	g.Node = append([]*onnxpb.NodeProto{node("Identity", []string{"b"}, []string{"c"})}, g.Node...)
	g.Node[1].Input[4] = "c"
	mustUnfuse(t, m, 1)
	if got := ops(g.Node); got != "Identity Split Split Conv Conv Conv Concat" {
		t.Error(got)
	}
	if !slices.Contains(initializerNames(m), "b") {
		t.Error("the bias that Identity reads is gone")
	}
}

func TestUnfuseInSubgraph(t *testing.T) {
	m := fusedModel(t)
	g := m.Proto.Graph
	inner := &onnxpb.GraphProto{Name: proto.String("then"), Node: g.Node, Output: []*onnxpb.ValueInfoProto{picture("y", 16)}}
	g.Node = []*onnxpb.NodeProto{node("If", []string{"b"}, []string{"out"}, onnx.GraphAttr("then_branch", inner))}
	g.Output[0].Name = proto.String("out")
	mustUnfuse(t, m, 1)
	// The bias belongs to the graph around, which may read it elsewhere.
	if got := ops(inner.Node); got != "Split Split Conv Conv Conv Concat" {
		t.Error(got)
	}
	if len(inner.Initializer) != 1 || len(m.Proto.Functions) != 0 {
		t.Errorf("%d initializers, want the sizes; %d functions, want none", len(inner.Initializer), len(m.Proto.Functions))
	}
	mustFuse(t, m, 1)
}

func TestUnfuseInFunction(t *testing.T) {
	m := fusedModel(t)
	n := m.Proto.Graph.Node[0]
	wrapper := &onnxpb.FunctionProto{
		Name: proto.String("Layer"), Domain: proto.String("mine"),
		Input: slices.Clone(n.Input), Output: []string{"y"},
		Node:        []*onnxpb.NodeProto{proto.CloneOf(n)},
		OpsetImport: []*onnxpb.OperatorSetIdProto{{Version: proto.Int64(17)}, {Domain: proto.String(Domain), Version: proto.Int64(Version)}},
	}
	m.Proto.Functions = append(m.Proto.Functions, wrapper)
	m.Proto.OpsetImport = append(m.Proto.OpsetImport, &onnxpb.OperatorSetIdProto{Domain: proto.String("mine"), Version: proto.Int64(1)})
	n.OpType, n.Domain, n.Attribute = proto.String("Layer"), proto.String("mine"), nil
	mustUnfuse(t, m, 1)
	if got := ops(wrapper.Node); got != "Constant Split Split Conv Conv Conv Concat" {
		t.Error(got)
	}
	if len(wrapper.OpsetImport) != 1 || len(m.Proto.OpsetImport) != 2 {
		t.Errorf("imports %v, %v", wrapper.OpsetImport, m.Proto.OpsetImport)
	}
}

// TestCheck: a contradiction between attributes and a missing function are
// found, and by Unfuse too where it matters.
func TestCheck(t *testing.T) {
	m := fusedModel(t)
	onnx.Attr(m.Proto.Graph.Node[0], "group1").I = proto.Int64(6)
	const want = `graph.node[0] y: attribute group1: 6, must be 5 as in split`
	if err := Check(m); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if _, err := Unfuse(m); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}

	m = fusedModel(t)
	m.Proto.Functions = nil
	const missing = `graph.node[0] y: operator MDConv3: no such function in the file`
	if err := Check(m); err == nil || err.Error() != missing {
		t.Errorf("%v, want %s", err, missing)
	}
}
