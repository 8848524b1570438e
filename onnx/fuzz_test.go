package onnx

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/tensor"
	"google.golang.org/protobuf/proto"
)

// fuzzLimits keep a single input quick.
var fuzzLimits = limit.Limits{Nodes: 2000, TensorBytes: 1 << 20, TotalBytes: 64 << 20}

func addSeeds(f *testing.F) {
	f.Helper()
	paths, err := filepath.Glob("testdata/bad/*.onnx")
	if err != nil || len(paths) == 0 {
		f.Fatalf("%d seeds, error %v", len(paths), err)
	}
	for _, path := range append(paths, "testdata/dtypes.onnx") {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 1<<14 {
			f.Add(data)
		}
	}
	for _, m := range fuzzModels() {
		f.Add(encode(f, m))
	}
}

// fuzzModels have functions with all that functions may have.
func fuzzModels() []*Model {
	withDefault := function("f.D", "a b", "c a", "", node("Clip", "a b", "t", RefAttr("k", "k", onnxpb.AttributeProto_INT)), branch("t", "c", inner("t", "u")))
	withDefault.AttributeProto = []*onnxpb.AttributeProto{IntAttr("k", 7)}
	return []*Model{
		laughs(2),
		model(graph("x", "y z", node("f.D", "x", "y z", IntAttr("k", 1))), withDefault),
		model(graph("x", "y", named("c", node("f.O", "x _", "y", GraphAttr("g", inner("x", "u"))))), withDefault,
			function("f.O", "a b", "c", "g", node("f.D", "a b", "d _"), node("If", "d", "c", RefAttr("then_branch", "g", onnxpb.AttributeProto_GRAPH)))),
		model(sparseGraph([]int64{0, 1, 1, 0}, []int64{2, 2}, 2, 4)),
	}
}

// Whatever decodes survives encoding. What does not is a FormatError with an
// offset: the scan finds everything that protobuf would complain about.
func FuzzDecode(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode("fuzz", data, fuzzLimits)
		if err != nil {
			var format *errs.FormatError
			if !errors.As(err, &format) || format.Offset < 0 || format.Offset > int64(len(data)) {
				t.Fatalf("error without an offset in the file: %v", err)
			}
			return
		}
		checked := m.Check()
		encoded := encode(t, m)
		again, err := Decode("again", encoded, fuzzLimits)
		if err != nil {
			t.Fatalf("what was encoded does not decode: %v", err)
		}
		if !proto.Equal(m.Proto, again.Proto) {
			t.Fatal("the model differs after encoding and decoding")
		}
		if !bytes.Equal(encoded, encode(t, again)) {
			t.Fatal("encoding depends on more than the model")
		}
		if (checked == nil) != (again.Check() == nil) {
			t.Fatalf("checked before: %v, after encoding: %v", checked, again.Check())
		}
		if err := m.Dump(io.Discard); err != nil {
			t.Fatal(err)
		}
		if checked == nil {
			readTensors(t, m)
		}
	})
}

// readTensors reads m's tensors: what the check accepts has the right amount
// of data, so that only values and external files can be wrong.
func readTensors(t *testing.T, m *Model) {
	_ = eachTensor(m.Proto, func(tp *onnxpb.TensorProto) error {
		x, err := m.Tensor(tp)
		if err != nil {
			return nil
		}
		again, err := m.Tensor(NewTensor(tp.GetName(), x))
		if err != nil || again.DType != x.DType || !again.Shape.Equal(x.Shape) {
			t.Fatalf("tensor %s %s becomes %v, error %v", x.DType, x.Shape, again, err)
		}
		return nil
	})
}

// A tensor of its own is refused or has a shape.
func FuzzDecodeTensor(f *testing.F) {
	for _, t := range []*tensor.Tensor{tensor.Of([]float32{1, 2}, 2), tensor.Of([]string{"a"}), tensor.New(tensor.Int4, 3)} {
		data, err := proto.Marshal(NewTensor("t", t))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := DecodeTensor("t.pb", data, fuzzLimits)
		if err == nil && got.Elements() < 0 {
			t.Errorf("shape %v", got.Shape)
		}
	})
}

// Inlining gives a model without functions that passes the check, the same
// one every time, and has nothing more to do on it.
func FuzzInline(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Decode("fuzz", data, fuzzLimits)
		if err != nil {
			return
		}
		before := encode(t, m)
		out, err := m.Inline(nil)
		if !bytes.Equal(before, encode(t, m)) {
			t.Fatal("inlining changes its source")
		}
		if err != nil {
			return
		}
		if len(out.Proto.Functions) != 0 || len(out.Proto.Graph.Node) > fuzzLimits.Nodes {
			t.Fatalf("%d functions and %d nodes left", len(out.Proto.Functions), len(out.Proto.Graph.Node))
		}
		encoded := encode(t, out)
		second, err := m.Inline(nil)
		if err != nil || !bytes.Equal(encoded, encode(t, second)) {
			t.Fatalf("a second time inlining gives something else, error %v", err)
		}
		again, err := out.Inline(nil)
		if err != nil || !bytes.Equal(encoded, encode(t, again)) {
			t.Fatalf("inlining what is inlined changes it, error %v", err)
		}
	})
}
