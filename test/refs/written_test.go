package refs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/convert"
	"github.com/mixconv/mixconv/convert/tf"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/testdata/digits"
	"github.com/mixconv/mixconv/verify"
)

// newestORT is the last opset that ONNX Runtime 1.32 runs; of newer ones the
// checker alone decides.
const newestORT = 27

// written is a network and the ways to write it that are tried.
type written struct {
	network convert.Network
	weights convert.Weights
	input   *tensor.Tensor
	options []convert.Options
}

// TestWrittenFiles has onnx's checker accept what we write and ONNX Runtime
// agree with both engines on what it means.
func TestWrittenFiles(t *testing.T) {
	interpreter(t)
	folder := t.TempDir()
	var jobs []job
	for _, w := range writtenModels(t) {
		for _, form := range []convert.Form{convert.Split, convert.Fused} {
			for _, o := range w.options {
				o.MDConv = form
				jobs = append(jobs, w.write(t, folder, len(jobs), o))
			}
		}
	}
	checkAndRun(t, jobs)
	for _, j := range jobs {
		if j.Run && !t.Failed() {
			out := readArrays(t, j.Output)
			requireAlive(t, filepath.Base(j.Model), out["logits"])
			requireAgreement(t, j.Model, readArrays(t, j.Input), out)
		}
	}
}

// write stores the model and its input and returns the job of trying it.
func (w *written) write(t *testing.T, folder string, i int, o convert.Options) job {
	t.Helper()
	m, err := convert.Lower(w.network, w.weights, o)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("%02d-%s-%s-opset%d-size%d-batch%d-keepbn%v", i, w.network.Name, o.MDConv, o.Opset, o.ImageSize, o.Batch, o.KeepBN)
	j := job{
		Model:  filepath.Join(folder, name+".onnx"),
		Input:  filepath.Join(folder, name+".in.npz"),
		Output: filepath.Join(folder, name+".out.npz"),
		Run:    o.Opset <= newestORT,
	}
	if err := m.WriteFile(j.Model); err != nil {
		t.Fatal(err)
	}
	writeArrays(t, j.Input, mixconv.Tensors{"input": w.input})
	return j
}

func writtenModels(t *testing.T) []written {
	t.Helper()
	source, err := tf.Load("../../testdata/digits", convert.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := digits.HeldOut()
	if err != nil {
		t.Fatal(err)
	}
	trained := written{network: source.Network, weights: source.Weights, input: firstPictures(set.Input, 2)}
	for opset := convert.MinOpset; opset <= convert.MaxOpset; opset++ {
		trained.options = append(trained.options, convert.Options{Opset: opset, ImageSize: digits.ImageSize, KeepBN: opset%2 == 0})
	}
	for _, opset := range []int{13, 18, 27} {
		trained.options = append(trained.options, convert.Options{Opset: opset, ImageSize: convert.Dynamic}, convert.Options{Opset: opset, ImageSize: 64, Batch: 2})
	}
	text, err := os.ReadFile("../../convert/testdata/tiny.txt")
	if err != nil {
		t.Fatal(err)
	}
	design, err := convert.ParseArch(text)
	if err != nil {
		t.Fatal(err)
	}
	tiny := written{network: design, input: noise(2, 33), options: []convert.Options{
		{Opset: 13, ImageSize: 33}, {Opset: 17, ImageSize: 33, KeepBN: true}, {Opset: 27, ImageSize: 33},
	}}
	tiny.weights = convert.Random(tiny.network, 1)
	all := []written{trained, tiny}
	for _, name := range []string{"mixnet-s", "mixnet-m", "mixnet-l"} {
		n, err := convert.Named(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, written{network: n, weights: convert.Random(n, 1), input: noise(1, 224), options: []convert.Options{
			{Opset: 17, ImageSize: 224}, {Opset: 21, KeepBN: true, ImageSize: convert.Dynamic},
		}})
	}
	return all
}

// noise returns n pictures that are always the same.
func noise(n, size int) *tensor.Tensor {
	t := tensor.New(tensor.Float32, n, 3, size, size)
	state := uint32(1)
	for i := range tensor.Data[float32](t) {
		state = state*1664525 + 1013904223 // Numerical Recipes' generator
		tensor.Data[float32](t)[i] = float32(state>>8)/(1<<23) - 1
	}
	return t
}

func firstPictures(t *tensor.Tensor, n int) *tensor.Tensor {
	shape := t.Shape.Clone()
	shape[0] = n
	return tensor.Of(tensor.Data[float32](t)[:shape.Elements()], shape...)
}

// requireAlive fails for logits so small that agreement would say nothing.
func requireAlive(t *testing.T, name string, logits *tensor.Tensor) {
	t.Helper()
	var low, high float32
	for _, v := range tensor.Data[float32](logits) {
		low, high = min(low, v), max(high, v)
	}
	if high-low < 0.1 {
		t.Errorf("%s: logits span %g only", name, high-low)
	}
}

func requireSame(t *testing.T, name string, want, got *tensor.Tensor) {
	t.Helper()
	if v := verify.Compare("logits", got, want, verify.DefaultTolerance); !v.Pass {
		t.Errorf("%s: logits differ by %v of the largest value %s", name, v.MaxRel, v.Note)
	}
}
