package onnx_test

import (
	"strings"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/dump"
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

var (
	node, named, value         = onnxtest.Node, onnxtest.Named, onnxtest.Value
	graph, graphWith           = onnxtest.Graph, onnxtest.Initialized
	inner, branch              = onnxtest.Inner, onnxtest.Branch
	function, identityFunction = onnxtest.Function, onnxtest.Identity
	opsetID                    = onnxtest.OpsetID
	sparseGraph                = onnxtest.Sparse
	externalTensor             = onnxtest.External
	wantError                  = onnxtest.WantError
)

func model(g *onnxpb.GraphProto, functions ...*onnxpb.FunctionProto) *onnx.Model {
	return onnx.New(onnxtest.Model(g, functions...))
}

func laughs(levels int) *onnx.Model { return onnx.New(onnxtest.Laughs(levels)) }

func encode(t testing.TB, m *onnx.Model) []byte {
	t.Helper()
	data, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// within is m, read with these limits.
func within(t testing.TB, m *onnx.Model, lim limit.Limits) *onnx.Model {
	t.Helper()
	m, err := onnx.Decode("", encode(t, m), lim)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func dumped(t testing.TB, m *onnx.Model) string {
	t.Helper()
	var b strings.Builder
	if err := dump.Model(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var noLimits limit.Limits // the defaults
