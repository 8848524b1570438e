package onnxtest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"google.golang.org/protobuf/proto"
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
		data, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// models have functions with all that functions may have.
func models() []*onnxpb.ModelProto {
	withDefault := Function("f.D", "a b", "c a", "", Node("Clip", "a b", "t", ref("k", "k", onnxpb.AttributeProto_INT)), Branch("t", "c", Inner("t", "u")))
	withDefault.AttributeProto = []*onnxpb.AttributeProto{integer("k", 7)}
	return []*onnxpb.ModelProto{
		Laughs(2),
		Model(Graph("x", "y z", Node("f.D", "x", "y z", integer("k", 1))), withDefault),
		Model(Graph("x", "y", Named("c", Node("f.O", "x _", "y", &onnxpb.AttributeProto{Name: proto.String("g"), Type: onnxpb.AttributeProto_GRAPH.Enum(), G: Inner("x", "u")}))), withDefault,
			Function("f.O", "a b", "c", "g", Node("f.D", "a b", "d _"), Node("If", "d", "c", ref("then_branch", "g", onnxpb.AttributeProto_GRAPH)))),
		Model(Sparse([]int64{0, 1, 1, 0}, []int64{2, 2}, 2, 4)),
	}
}

func ref(name, to string, t onnxpb.AttributeProto_AttributeType) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: proto.String(name), RefAttrName: proto.String(to), Type: t.Enum()}
}

func integer(name string, v int64) *onnxpb.AttributeProto {
	return &onnxpb.AttributeProto{Name: proto.String(name), Type: onnxpb.AttributeProto_INT.Enum(), I: proto.Int64(v)}
}
