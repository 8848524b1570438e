// Package refs compares mixconv with the Python world: onnx's checker, ONNX
// Runtime, and models that PyTorch exports. `make test-refs` makes the virtual
// environment that the tests need; without it they are skipped.
package refs

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/internal/atomicfile"
	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/verify"
)

// interpreter is the Python of the virtual environment. Without it the test is
// skipped.
func interpreter(t *testing.T) string {
	t.Helper()
	python := os.Getenv("MIXCONV_PYTHON")
	if python == "" {
		testenv.Missing(t, "python", "MIXCONV_PYTHON is not set: make test-refs sets it")
	}
	return python
}

// python runs a script of this folder and returns what it prints.
func python(t *testing.T, stdin []byte, script string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(interpreter(t), append([]string{script}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", script, err, &stderr)
	}
	return stdout.Bytes()
}

// job is a model for onnx's checker and, if Run, for ONNX Runtime.
type job struct {
	Model  string `json:"model"`
	Input  string `json:"input"`
	Output string `json:"output"`
	Run    bool   `json:"run"`
}

// checkAndRun has ort.py do jobs and fails the test for those that it refuses.
func checkAndRun(t *testing.T, jobs []job) {
	t.Helper()
	in, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	var failures []string
	if err := json.Unmarshal(python(t, in, "ort.py"), &failures); err != nil || len(failures) != len(jobs) {
		t.Fatalf("ort.py: %d answers for %d jobs, %v", len(failures), len(jobs), err)
	}
	for i, f := range failures {
		if f != "" {
			t.Errorf("%s: %s", filepath.Base(jobs[i].Model), f)
		}
	}
}

func readArrays(t *testing.T, path string) mixconv.Tensors {
	t.Helper()
	arrays, err := npy.ReadArchive(path, mixconv.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return arrays
}

func writeArrays(t *testing.T, path string, arrays mixconv.Tensors) {
	t.Helper()
	if err := atomicfile.Write(path, func(w io.Writer) error { return npy.WriteArchive(w, arrays) }); err != nil {
		t.Fatal(err)
	}
}

// engines are both, as a user would choose them.
var engines = []mixconv.Options{{Engine: mixconv.Planned, Threads: 2}, {Engine: mixconv.Reference}}

// requireAgreement runs the model at path on both engines and compares its
// outputs with recorded ones, within verify.DefaultTolerance.
func requireAgreement(t *testing.T, path string, in, recorded mixconv.Tensors) {
	t.Helper()
	for _, o := range engines {
		s, err := mixconv.Load(path, o)
		if err != nil {
			t.Errorf("%v", err)
			return
		}
		out, err := s.Run(context.Background(), in)
		if err != nil {
			t.Errorf("%v engine: %v", o.Engine, err)
			return
		}
		for _, value := range s.Outputs() {
			v := verify.Compare(value.Name, out[value.Name], recorded[value.Name], verify.DefaultTolerance)
			if !v.Pass {
				t.Errorf("%s, %v engine: %s differs by %v of the largest value %s", filepath.Base(path), o.Engine, v.Name, v.MaxRel, v.Note)
			}
		}
		if o.Engine != mixconv.Planned {
			continue
		}
		if fallbacks, err := s.Fallbacks(); err != nil || len(fallbacks) > 0 {
			t.Errorf("%s: fallbacks %q, %v", filepath.Base(path), fallbacks, err)
		}
	}
}
