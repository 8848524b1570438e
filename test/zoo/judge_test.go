package zoo

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/tensor"
	"github.com/mixconv/mixconv/verify"
)

// broken is the error of ONNX Runtime beyond which a file in float32 is not the
// network, and nothing can be said.
const broken = 1e-2

// result is what came out for a network: errors relative to the largest value
// of an output, the worst of all files, inputs and outputs.
type result struct {
	Network
	exporters               []string
	nodes                   []int
	planned, reference, ort float64
	noORT                   bool           // ONNX Runtime cannot run it
	fallbacks               map[string]int // steps on reference loops by operator, of the file with most
	right                   bool
}

// judge runs every file of a network and fails the test for what does not hold.
func judge(t *testing.T, n Network, e *exporter) result {
	start := time.Now()
	r := result{Network: n, fallbacks: map[string]int{}}
	files, err := e.export(n)
	if err != nil {
		t.Error(err)
		return r
	}
	exported := time.Since(start)
	for _, f := range files {
		r.exporters = append(r.exporters, f.Exporter)
		r.nodes = append(r.nodes, f.Nodes)
		if err := r.runFile(f); err != nil {
			t.Errorf("%s: %v", f.Exporter, err)
		}
	}
	if r.Format() == "int8" {
		r.boundWorst(t)
	}
	if len(r.fallbacks) > 0 && slices.Contains(n.Options, "planned") {
		t.Error("not every step has a planned kernel")
	}
	t.Logf("planned %.2g, reference %.2g, ONNX Runtime %.2g; on reference loops %v; exported in %.0f s, run in %.0f s",
		r.planned, r.reference, r.ort, r.fallbacks, exported.Seconds(), (time.Since(start) - exported).Seconds())
	r.right = !t.Failed()
	return r
}

// runFile runs f on both engines: on the planned one with every input of it, on
// the reference engine, which is slow, with the first.
func (r *result) runFile(f file) error {
	planned, err := mixconv.Load(f.Path, mixconv.Options{Engine: mixconv.Planned})
	if err != nil {
		return err
	}
	if err := r.countFallbacks(planned); err != nil {
		return err
	}
	for _, run := range f.Runs {
		if err := r.compare(planned, run, &r.planned); err != nil {
			return fmt.Errorf("planned engine, %s: %w", filepath.Base(run.Want), err)
		}
	}
	reference, err := mixconv.Load(f.Path, mixconv.Options{Engine: mixconv.Reference})
	if err != nil {
		return err
	}
	if err := r.compare(reference, f.Runs[0], &r.reference); err != nil {
		return fmt.Errorf("reference engine: %w", err)
	}
	return nil
}

func (r *result) countFallbacks(s *mixconv.Session) error {
	steps, err := s.Fallbacks()
	if err != nil {
		return err
	}
	count := map[string]int{}
	for _, step := range steps {
		op, _, _ := strings.Cut(step, " ")
		count[op]++
	}
	for op, n := range count {
		r.fallbacks[op] = max(r.fallbacks[op], n)
	}
	return nil
}

// compare runs s on one input and holds what comes out, and what ONNX Runtime
// gave, against what must. Ours may differ by the format's tolerance, or more
// where ONNX Runtime differs: 1.5 times that. In int8, judge compares the worst.
func (r *result) compare(s *mixconv.Session, run run, worst *float64) error {
	want, err := npy.ReadArchive(run.Want, mixconv.Limits{})
	if err != nil {
		return err
	}
	out, err := s.Run(context.Background(), mixconv.Tensors{s.Inputs()[0].Name: want["input"]})
	if err != nil {
		return err
	}
	ort := mixconv.Tensors{}
	if r.noORT = run.ORT == ""; !r.noORT {
		if ort, err = npy.ReadArchive(run.ORT, mixconv.Limits{}); err != nil {
			return err
		}
	}
	for i, v := range s.Outputs() {
		key := fmt.Sprint("output", i) // as the scripts name them
		ours, err := difference(out[v.Name], want[key])
		if err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
		theirs := 0.0
		if !r.noORT {
			if theirs, err = difference(ort[key], want[key]); err != nil {
				return fmt.Errorf("ONNX Runtime: %s: %w", v.Name, err)
			}
		}
		r.ort, *worst = max(r.ort, theirs), max(*worst, ours)
		if r.Format() == "int8" {
			continue
		}
		if err := r.bounded(ours, theirs); err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
	}
	return nil
}

func (r *result) bounded(ours, theirs float64) error {
	if r.Format() == "float32" && !(theirs < broken) {
		return fmt.Errorf("ONNX Runtime differs by %.2g of the largest value: the file is not the network", theirs)
	}
	if bound := max(Formats[r.Format()], 1.5*theirs); !(ours <= bound) {
		return fmt.Errorf("differs by %.2g of the largest value, allowed %.2g, ONNX Runtime %.2g", ours, bound, theirs)
	}
	return nil
}

// boundWorst compares the worst of all files and inputs. A value of 8 bits that is
// next to a tie falls to one side or the other by the rounding of a float32, and
// what that does to the result depends on the network, not on who rounded.
func (r *result) boundWorst(t *testing.T) {
	for name, ours := range map[string]float64{"planned": r.planned, "reference": r.reference} {
		if err := r.bounded(ours, r.ort); err != nil {
			t.Errorf("%s engine: %v", name, err)
		}
	}
}

// difference is max|got−want| / max|want|.
func difference(got, want *tensor.Tensor) (float64, error) {
	if got == nil || want == nil {
		return 0, fmt.Errorf("there is no such output")
	}
	v := verify.Compare("", got, want, verify.DefaultTolerance)
	if v.Note != "" || v.NaN > 0 {
		return 0, fmt.Errorf("%d NaNs; %s", v.NaN, v.Note)
	}
	if v.MaxAbs == 0 {
		return 0, nil
	}
	return float64(v.MaxAbs) / float64(v.MaxRef), nil
}
