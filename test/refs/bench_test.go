package refs

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBenchAgainst: ONNX Runtime is timed on the same model and input, and computes the
// same.
func TestBenchAgainst(t *testing.T) {
	python := interpreter(t)
	p := buildProgram(t)
	model := filepath.Join(t.TempDir(), "digits.onnx")
	if out, err := exec.Command(string(p), "tf2onnx", "../../testdata/digits", "-o", model, "--image-size", "64").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(string(p), "bench", model, "--against", "ort", "--python", python, "--batch", "1,3", "--runs", "12", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var report struct {
		Results []struct {
			Batch   int
			Against struct {
				Version string
				Ratio   float64
				MaxRel  *float64 `json:"max_rel"`
			}
		}
	}
	if err := json.Unmarshal(out, &report); err != nil || len(report.Results) != 2 {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, r := range report.Results {
		if a := r.Against; a.Version == "" || !(a.Ratio > 0) || a.MaxRel == nil || *a.MaxRel > 2e-5 {
			t.Errorf("batch %d: %+v", r.Batch, a)
		}
	}
}
