package onnxtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
)

// FuzzLimits keep a single input quick.
var FuzzLimits = limit.Limits{Nodes: 2000, TensorBytes: 1 << 20, TotalBytes: 64 << 20}

// Seeds adds files of package onnx, whose testdata is in folder, and models with all that
// functions may have.
func Seeds(f *testing.F, folder string) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "bad", "*.onnx"))
	if err != nil || len(paths) == 0 {
		f.Fatalf("%d seeds, error %v", len(paths), err)
	}
	for _, path := range append(paths, filepath.Join(folder, "dtypes.onnx")) {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 1<<14 {
			f.Add(data)
		}
	}
	for _, m := range models() {
		f.Add(Encode(f, m))
	}
}

// models have functions with all that functions may have.
func models() []*onnx.Model {
	withDefault := Function("f.D", "a b", "c a", "", Node("Clip", "a b", "t", onnx.RefAttr("k", "k", onnxpb.AttributeProto_INT)), Branch("t", "c", Inner("t", "u")))
	withDefault.AttributeProto = []*onnxpb.AttributeProto{onnx.IntAttr("k", 7)}
	return []*onnx.Model{
		Laughs(2),
		Model(Graph("x", "y z", Node("f.D", "x", "y z", onnx.IntAttr("k", 1))), withDefault),
		Model(Graph("x", "y", Named("c", Node("f.O", "x _", "y", onnx.GraphAttr("g", Inner("x", "u"))))), withDefault,
			Function("f.O", "a b", "c", "g", Node("f.D", "a b", "d _"), Node("If", "d", "c", onnx.RefAttr("then_branch", "g", onnxpb.AttributeProto_GRAPH)))),
		Model(Sparse([]int64{0, 1, 1, 0}, []int64{2, 2}, 2, 4)),
	}
}
