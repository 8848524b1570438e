package onnxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/dump"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// Node is Op with space-separated inputs and outputs; "_" is an absent one.
// An op written as d.Op is in domain d.
func Node(op, in, out string, attrs ...*onnxpb.AttributeProto) *onnxpb.NodeProto {
	n := &onnxpb.NodeProto{Input: fields(in), Output: fields(out), Attribute: attrs}
	domain, name, ok := strings.Cut(op, ".")
	if ok {
		n.Domain, n.OpType = proto.String(domain), proto.String(name)
	} else {
		n.OpType = proto.String(op)
	}
	return n
}

// Named gives n a name.
func Named(name string, n *onnxpb.NodeProto) *onnxpb.NodeProto {
	n.Name = proto.String(name)
	return n
}

func fields(s string) []string {
	names := strings.Fields(s)
	for i, n := range names {
		if n == "_" {
			names[i] = ""
		}
	}
	return names
}

// Value declares a float32 value of unknown rank.
func Value(name string) *onnxpb.ValueInfoProto {
	return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{
		TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(tensor.Float32))}}}}
}

// Graph has inputs and outputs of unknown rank.
func Graph(in, out string, nodes ...*onnxpb.NodeProto) *onnxpb.GraphProto {
	g := &onnxpb.GraphProto{Name: proto.String("g"), Node: nodes}
	for _, name := range fields(in) {
		g.Input = append(g.Input, Value(name))
	}
	for _, name := range fields(out) {
		g.Output = append(g.Output, Value(name))
	}
	return g
}

// Function declares d.Name with body nodes at opset 17.
func Function(name, in, out, attributes string, nodes ...*onnxpb.NodeProto) *onnxpb.FunctionProto {
	domain, name, _ := strings.Cut(name, ".")
	return &onnxpb.FunctionProto{
		Domain: proto.String(domain), Name: proto.String(name),
		Input: fields(in), Output: fields(out), Attribute: fields(attributes), Node: nodes,
		OpsetImport: []*onnxpb.OperatorSetIdProto{OpsetID("", 17), OpsetID(domain, 1)},
	}
}

// OpsetID is an import.
func OpsetID(domain string, version int64) *onnxpb.OperatorSetIdProto {
	return &onnxpb.OperatorSetIdProto{Domain: proto.String(domain), Version: proto.Int64(version)}
}

// Model imports ai.onnx 17 and domain f 1.
func Model(g *onnxpb.GraphProto, functions ...*onnxpb.FunctionProto) *onnx.Model {
	return onnx.New(&onnxpb.ModelProto{
		IrVersion:   proto.Int64(10),
		OpsetImport: []*onnxpb.OperatorSetIdProto{OpsetID("", 17), OpsetID("f", 1)},
		Graph:       g,
		Functions:   functions,
	})
}

// Inner is a subgraph that defines out from a name of the outer graph.
func Inner(in, out string) *onnxpb.GraphProto { return Graph("", out, Node("Relu", in, out)) }

// Branch is a node with a subgraph.
func Branch(in, out string, g *onnxpb.GraphProto) *onnxpb.NodeProto {
	return Node("If", in, out, onnx.GraphAttr("then_branch", g))
}

// Sparse has a sparse initializer with two values and the given indices, whose
// dimensions are [2] for nil.
func Sparse(indices, indexDims []int64, dims ...int64) *onnxpb.GraphProto {
	if indexDims == nil {
		indexDims = []int64{int64(len(indices))}
	}
	g := Initialized()
	g.SparseInitializer = []*onnxpb.SparseTensorProto{{
		Values:  onnx.NewTensor("s", tensor.New(tensor.Float32, 2)),
		Indices: &onnxpb.TensorProto{DataType: proto.Int32(7), Dims: indexDims, Int64Data: indices},
		Dims:    dims,
	}}
	return g
}

// Laughs is a chain of functions that each call the next one ten times.
func Laughs(levels int) *onnx.Model {
	var functions []*onnxpb.FunctionProto
	for level := range levels {
		callee := fmt.Sprintf("f.L%d", level+1)
		if level == levels-1 {
			callee = "Relu"
		}
		f := Function(fmt.Sprintf("f.L%d", level), "v0", "v10", "")
		for i := range 10 {
			f.Node = append(f.Node, Node(callee, fmt.Sprint("v", i), fmt.Sprint("v", i+1)))
		}
		functions = append(functions, f)
	}
	return Model(Graph("x", "y", Node("f.L0", "x", "y")), functions...)
}

// Identity is a function that gives back its input.
func Identity(name string) *onnxpb.FunctionProto {
	return Function(name, "a", "b", "", Node("Identity", "a", "b"))
}

// Overloaded sets the overload that a node calls.
func Overloaded(n *onnxpb.NodeProto, overload string) *onnxpb.NodeProto {
	n.Overload = proto.String(overload)
	return n
}

// Overload sets a function's overload.
func Overload(f *onnxpb.FunctionProto, overload string) *onnxpb.FunctionProto {
	f.Overload = proto.String(overload)
	return f
}

// Initialized has these initializers.
func Initialized(initializers ...*onnxpb.TensorProto) *onnxpb.GraphProto {
	g := Graph("x", "y", Node("Identity", "x", "y"))
	g.Initializer = initializers
	return g
}

// External is tp with its data outside of the model; entries are written key=value.
func External(tp *onnxpb.TensorProto, entries ...string) *onnxpb.TensorProto {
	tp = proto.Clone(tp).(*onnxpb.TensorProto)
	tp.RawData = nil
	tp.DataLocation = onnxpb.TensorProto_EXTERNAL.Enum()
	for _, e := range entries {
		k, v, _ := strings.Cut(e, "=")
		tp.ExternalData = append(tp.ExternalData, &onnxpb.StringStringEntryProto{Key: &k, Value: &v})
	}
	return tp
}

// Encode is the file of m.
func Encode(t testing.TB, m *onnx.Model) []byte {
	t.Helper()
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Within is m, read with these limits.
func Within(t testing.TB, m *onnx.Model, lim limit.Limits) *onnx.Model {
	t.Helper()
	m, err := onnx.Decode("", Encode(t, m), lim)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// WriteFile writes a file, and the folders that it is in.
func WriteFile(t testing.TB, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// WriteModel writes a model with these initializers and reads it again.
func WriteModel(t testing.TB, path string, initializers ...*onnxpb.TensorProto) *onnx.Model {
	t.Helper()
	WriteFile(t, path, string(Encode(t, Model(Initialized(initializers...)))))
	m, err := onnx.ReadFile(path, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Dump is m as text.
func Dump(t testing.TB, m *onnx.Model) string {
	t.Helper()
	var b strings.Builder
	if err := dump.Model(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// WantError checks that err is one line with the given text in it.
func WantError(t testing.TB, err error, text string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("no error, want one with %q", text)
	case !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000:
		t.Errorf("error %q, want one line with %q", err, text)
	}
}
