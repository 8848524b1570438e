package onnx

import (
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// node is Op with space-separated inputs and outputs; "_" is an absent one.
// An op written as d.Op is in domain d.
func node(op, in, out string, attrs ...*onnxpb.AttributeProto) *onnxpb.NodeProto {
	n := &onnxpb.NodeProto{Input: fields(in), Output: fields(out), Attribute: attrs}
	domain, name, ok := strings.Cut(op, ".")
	if ok {
		n.Domain, n.OpType = proto.String(domain), proto.String(name)
	} else {
		n.OpType = proto.String(op)
	}
	return n
}

func named(name string, n *onnxpb.NodeProto) *onnxpb.NodeProto {
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

// value declares a float32 value of unknown rank.
func value(name string) *onnxpb.ValueInfoProto {
	return &onnxpb.ValueInfoProto{Name: proto.String(name), Type: &onnxpb.TypeProto{Value: &onnxpb.TypeProto_TensorType{
		TensorType: &onnxpb.TypeProto_Tensor{ElemType: proto.Int32(int32(tensor.Float32))}}}}
}

func graph(in, out string, nodes ...*onnxpb.NodeProto) *onnxpb.GraphProto {
	g := &onnxpb.GraphProto{Name: proto.String("g"), Node: nodes}
	for _, name := range fields(in) {
		g.Input = append(g.Input, value(name))
	}
	for _, name := range fields(out) {
		g.Output = append(g.Output, value(name))
	}
	return g
}

// function declares d.Name with body nodes at opset 17.
func function(name, in, out, attributes string, nodes ...*onnxpb.NodeProto) *onnxpb.FunctionProto {
	domain, name, _ := strings.Cut(name, ".")
	return &onnxpb.FunctionProto{
		Domain: proto.String(domain), Name: proto.String(name),
		Input: fields(in), Output: fields(out), Attribute: fields(attributes), Node: nodes,
		OpsetImport: []*onnxpb.OperatorSetIdProto{opsetID("", 17), opsetID(domain, 1)},
	}
}

func opsetID(domain string, version int64) *onnxpb.OperatorSetIdProto {
	return &onnxpb.OperatorSetIdProto{Domain: proto.String(domain), Version: proto.Int64(version)}
}

// model imports ai.onnx 17 and domain f 1.
func model(g *onnxpb.GraphProto, functions ...*onnxpb.FunctionProto) *Model {
	return New(&onnxpb.ModelProto{
		IrVersion:   proto.Int64(10),
		OpsetImport: []*onnxpb.OperatorSetIdProto{opsetID("", 17), opsetID("f", 1)},
		Graph:       g,
		Functions:   functions,
	})
}

func dump(t testing.TB, m *Model) string {
	t.Helper()
	var b strings.Builder
	if err := m.Dump(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func encode(t testing.TB, m *Model) []byte {
	t.Helper()
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wantError checks that err is one line with the given text in it.
func wantError(t testing.TB, err error, text string) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("no error, want one with %q", text)
	case !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 1000:
		t.Errorf("error %q, want one line with %q", err, text)
	}
}

var noLimits limit.Limits // the defaults
