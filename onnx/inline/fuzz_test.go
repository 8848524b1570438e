package inline_test

import (
	"bytes"
	"testing"

	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/inline"
	"github.com/mixconv/mixconv/onnx/internal/onnxtest"
)

// Inlining gives a model without functions that passes the check, the same
// one every time, and has nothing more to do on it.
func FuzzInline(f *testing.F) {
	onnxtest.Seeds(f, "../testdata")
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := onnx.Decode("fuzz", data, onnxtest.FuzzLimits)
		if err != nil {
			return
		}
		before := encode(t, m)
		out, err := inline.Model(m, nil)
		if !bytes.Equal(before, encode(t, m)) {
			t.Fatal("inlining changes its source")
		}
		if err != nil {
			return
		}
		if len(out.Proto.Functions) != 0 || len(out.Proto.Graph.Node) > onnxtest.FuzzLimits.Nodes {
			t.Fatalf("%d functions and %d nodes left", len(out.Proto.Functions), len(out.Proto.Graph.Node))
		}
		encoded := encode(t, out)
		second, err := inline.Model(m, nil)
		if err != nil || !bytes.Equal(encoded, encode(t, second)) {
			t.Fatalf("a second time inlining gives something else, error %v", err)
		}
		again, err := inline.Model(out, nil)
		if err != nil || !bytes.Equal(encoded, encode(t, again)) {
			t.Fatalf("inlining what is inlined changes it, error %v", err)
		}
	})
}
