package refs

import (
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/mdconv"
)

// TestTimm runs MixNets as both of PyTorch's exporters write them, on both
// engines against PyTorch's logits, and has ONNX Runtime confirm the files.
// Those of the older exporter, which have Split → Conv → Concat, are rewritten
// to fused form and tried again.
func TestTimm(t *testing.T) {
	folder := t.TempDir()
	models := []string{"mixnet_s", "mixnet_m", "mixnet_l"}
	python(t, nil, "export.py", append([]string{folder}, models...)...)
	var jobs []job
	for _, model := range models {
		arrays := filepath.Join(folder, model+".npz")
		recorded := readArrays(t, arrays)
		fuse(t, filepath.Join(folder, model+".torchscript.onnx"), filepath.Join(folder, model+".fused.onnx"))
		for _, exporter := range []string{"torchscript", "fused", "dynamo"} {
			name := model + "." + exporter
			path := filepath.Join(folder, name+".onnx")
			t.Run(name, func(t *testing.T) {
				requireAgreement(t, path, mixconv.Tensors{"input": recorded["input"]}, recorded)
			})
			jobs = append(jobs, job{Model: path, Input: arrays, Output: filepath.Join(folder, name+".ort.npz"), Run: true})
		}
	}
	checkAndRun(t, jobs)
	for _, j := range jobs {
		if !t.Failed() {
			requireSame(t, filepath.Base(j.Model), readArrays(t, j.Input)["logits"], readArrays(t, j.Output)["logits"])
		}
	}
}

// fuse rewrites the mixed convolutions of a file to fused form.
func fuse(t *testing.T, from, to string) {
	t.Helper()
	m, err := onnx.ReadFile(from, mixconv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := mdconv.Fuse(m); err != nil || n == 0 {
		t.Fatalf("%s: %d mixed convolutions fused, %v", from, n, err)
	}
	if err := m.WriteFile(to); err != nil {
		t.Fatal(err)
	}
}
