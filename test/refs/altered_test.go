package refs

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/testdata/digits"
	"github.com/mixconv/mixconv/verify"
	"google.golang.org/protobuf/proto"
)

// TestAlteredBody: the function in the file decides what a fused node means,
// not its name. A body that puts the groups in another order, or has a Relu
// behind the Concat, gives what ONNX Runtime gives, and something else than the
// body that Convert wrote.
func TestAlteredBody(t *testing.T) {
	interpreter(t)
	set, err := digits.HeldOut()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	input := filepath.Join(folder, "input.npz")
	writeArrays(t, input, mixconv.Tensors{"input": firstPictures(set.Input, 4)})
	alterations := []struct {
		name  string
		apply func(*onnxpb.FunctionProto)
	}{
		{"as-written", func(*onnxpb.FunctionProto) {}},
		{"groups-reversed", reverseGroups},
		{"relu-behind", reluBehind},
	}
	var jobs []job
	for _, a := range alterations {
		m, err := tf.Convert("../../testdata/digits", convert.Options{MDConv: convert.Fused, ImageSize: digits.ImageSize})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range m.Proto.Functions {
			a.apply(f)
		}
		j := job{Model: filepath.Join(folder, a.name+".onnx"), Input: input, Output: filepath.Join(folder, a.name+".npz"), Run: true}
		if err := m.WriteFile(j.Model); err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, j)
	}
	checkAndRun(t, jobs)
	plain := readArrays(t, jobs[0].Output)["logits"]
	for i, j := range jobs {
		out := readArrays(t, j.Output)
		requireAgreement(t, j.Model, readArrays(t, input), out)
		if i > 0 && verify.Compare("logits", out["logits"], plain, verify.Tolerance{Rel: 0.01}).Pass {
			t.Errorf("%s: the alteration alters nothing", alterations[i].name)
		}
	}
}

// reverseGroups lets the Concat at the end of f take the groups backwards.
func reverseGroups(f *onnxpb.FunctionProto) {
	for _, n := range f.Node {
		if n.GetOpType() == "Concat" {
			slices.Reverse(n.Input)
		}
	}
}

// reluBehind puts a Relu between the end of f and its output.
func reluBehind(f *onnxpb.FunctionProto) {
	last := f.Node[len(f.Node)-1]
	out := last.Output[0]
	last.Output[0] = "before_relu"
	f.Node = append(f.Node, &onnxpb.NodeProto{OpType: proto.String("Relu"), Input: last.Output, Output: []string{out}})
}
