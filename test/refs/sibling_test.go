package refs

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run runs the command and returns its exit code and what it wrote.
func (p program) run(t *testing.T, args ...string) (code int, output string) {
	t.Helper()
	cmd := exec.Command(string(p), args...)
	out, _ := cmd.CombinedOutput() // a failure has an exit code
	if cmd.ProcessState == nil {
		t.Fatal("not started")
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// TestWrongSibling converts weights under the name of a network that has the
// same tensors and computes otherwise. What the weights say of themselves keeps
// the conversion from it, and is what the reference is built by; where they say
// nothing, the report says which else they may be.
func TestWrongSibling(t *testing.T) {
	const right, wrong = "tf_mobilenetv3_small_075", "mobilenetv3_small_075"
	folder, p := t.TempDir(), buildProgram(t)
	python(t, nil, "weights.py", folder, right)
	python(t, nil, "formats.py", folder, right)
	told, silent := filepath.Join(folder, "trainer.pth"), filepath.Join(folder, right+".npz")
	at := func(name string) string { return filepath.Join(folder, name) }

	code, out := p.run(t, "torch2onnx", told, "--model", wrong, "-o", at("no.onnx"))
	if code != 2 || !strings.Contains(out, "args.model says "+right) {
		t.Errorf("exit code %d, %s", code, out)
	}
	for _, args := range [][]string{
		{told, "-o", at("told.onnx"), "--image-size", "96"},
		{told, "-o", at("forced.onnx"), "--image-size", "96", "--model", wrong, "--ignore-arch"},
		{silent, "-o", at("silent.onnx"), "--image-size", "96", "--model", wrong},
	} {
		if code, out := p.run(t, append([]string{"torch2onnx"}, args...)...); code != 0 {
			t.Fatalf("exit code %d, %s", code, out)
		}
	}
	for _, c := range []struct {
		model, weights, network, namedBy, note string
		code                                   int
	}{
		{"told.onnx", told, right, "the model's metadata", "", 0},
		{"forced.onnx", told, right, "the weights: args.model", "converted as " + wrong + ", but the weights are " + right, 1},
		{"silent.onnx", silent, wrong, "the model's metadata", "fit " + right + " too", 0},
		{"silent.onnx", told, right, "the weights: args.model", "another file", 1},
	} {
		got, code := p.verify(t, at(c.model), "--ref", "timm:"+c.weights)
		if code != c.code || got.Network != c.network || got.NamedBy != c.namedBy || !strings.Contains(got.Note, c.note) || (got.Note == "") != (c.note == "") {
			t.Errorf("%s: exit code %d, %s named by %s, note %q, want %+v", c.model, code, got.Network, got.NamedBy, got.Note, c)
		}
		tried := strings.Contains(c.note, " too")
		if tried != (len(got.Siblings) == 1) || tried && (got.Siblings[0].Network != right || got.Siblings[0].Pass || !(got.Siblings[0].MaxRel > 1e-3)) {
			t.Errorf("%s: siblings %+v", c.model, got.Siblings)
		}
	}
	if code, out := p.run(t, "verify", at("told.onnx"), "--ref", "timm:"+told, "--model", "nothing"); code != 3 || !strings.Contains(out, "has no model 'nothing'") {
		t.Errorf("exit code %d, %s", code, out)
	}
}
