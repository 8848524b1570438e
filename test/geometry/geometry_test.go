// Package geometry compares both engines with ONNX Runtime on drawn graphs of the
// operators that have geometry: a day's graphs in a test, any others by flags.
package geometry

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mixconv/mixconv/internal/testenv"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/npy"
	"github.com/mixconv/mixconv/runtime"
	"github.com/mixconv/mixconv/tensor"
)

var (
	seed   = flag.String("seed", time.Now().UTC().Format("2006-01-02"), "what the graphs are drawn from")
	first  = flag.Int("first", 0, "the number of the first graph")
	count  = flag.Int("graphs", 2000, "how many graphs")
	keep   = flag.String("keep", "", "a folder for the graphs that differ")
	strict = flag.Bool("strict", false, "list what ONNX Runtime refuses and both engines run, whatever the reason")
)

// batch is how many graphs one process of Python runs.
const batch = 500

// graph is a line of run.py.
type graph struct {
	Number    int     `json:"number"`
	What      string  `json:"what"`
	Tolerance float64 `json:"tolerance"` // absolute, between floats
	Error     string  `json:"error"`     // ONNX Runtime's, if it refuses the graph
}

// TestGeometry runs the graphs of today in ONNX Runtime and in both engines.
func TestGeometry(t *testing.T) {
	python := os.Getenv("MIXCONV_PYTHON")
	if python == "" {
		testenv.Missing(t, "python", "MIXCONV_PYTHON is not set: make test-refs sets it")
	}
	compared, refused := 0, 0
	for at := *first; at < *first+*count; {
		folder := t.TempDir()
		graphs := draw(t, python, folder, at, min(batch, *first+*count-at))
		for _, g := range graphs {
			same, err := g.compare(folder)
			if err != nil {
				t.Errorf("-seed %s -first %d -graphs 1: %s\n\t%v", *seed, g.Number, g.What, err)
				g.keep(t, folder)
			}
			if same {
				compared++
			} else {
				refused++
			}
		}
		at += len(graphs)
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("seed %s: %d graphs compared, %d refused by ONNX Runtime", *seed, compared, refused)
	if compared < *count/2 {
		t.Errorf("%d of %d graphs were compared", compared, *count)
	}
}

// draw has Python draw and run n graphs from number at on.
func draw(t *testing.T, python, folder string, at, n int) []graph {
	t.Helper()
	cmd := exec.Command(python, "run.py", folder, *seed, strconv.Itoa(at), strconv.Itoa(n))
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var graphs []graph
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var g graph
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatalf("%v in %s", err, lines.Text())
		}
		graphs = append(graphs, g)
	}
	if err != nil || len(graphs) != n {
		t.Fatalf("-seed %s -first %d: Python ended there: %v\n%s", *seed, at+len(graphs), err, &stderr)
	}
	return graphs
}

// compare runs the graph on both engines. It is the same in ONNX Runtime, or that
// refuses it.
func (g graph) compare(folder string) (compared bool, err error) {
	path := filepath.Join(folder, strconv.Itoa(g.Number))
	in, err := npy.ReadArchive(path+".in.npz", limit.Limits{})
	if err != nil {
		return false, err
	}
	var want runtime.Tensors
	if g.Error == "" {
		if want, err = npy.ReadArchive(path+".out.npz", limit.Limits{}); err != nil {
			return false, err
		}
	}
	ran := 0
	for _, e := range []runtime.Engine{runtime.Planned, runtime.Reference} {
		got, err := run(path+".onnx", e, in)
		switch {
		case g.Error != "":
			if err == nil {
				ran++
			}
			continue
		case err != nil:
			return false, fmt.Errorf("%v engine: %w", e, err)
		}
		for name, w := range want {
			if err := differ(got[name], w, g.Tolerance); err != nil {
				return false, fmt.Errorf("%v engine, %s: %w", e, name, err)
			}
		}
	}
	if g.Error == "" {
		return true, nil
	}
	if ran == 1 {
		return false, fmt.Errorf("one engine runs it and the other does not")
	}
	if ran == 2 && (*strict || !limits.MatchString(g.Error)) {
		return false, fmt.Errorf("ONNX Runtime refuses what both engines run: %s", g.Error)
	}
	return false, nil
}

func run(path string, e runtime.Engine, in runtime.Tensors) (out runtime.Tensors, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	s, err := runtime.Load(path, runtime.Options{Engine: e, Threads: 1})
	if err != nil {
		return nil, err
	}
	return s.Run(context.Background(), in)
}

// limits matches the errors of ONNX Runtime for what ONNX allows and it lacks.
var limits = regexp.MustCompile(strings.Join([]string{
	`NOT_IMPLEMENTED`,
	`pads\[dim\] < kernel_s`,                  // but less than a dilated kernel
	`padding values must be non-negative`,     // SAME of a window smaller than its stride
	`input_shape\.Size\(\) > 0`,               // a pool of nothing
	`Scale value should be greater than 0`,    // a length of 0 asked for
	`output_padding \(\d+\) may be too large`, // but smaller than the dilation
	`Explicit output_shape is inconsistent`,   // with output_padding
	`Computed output dimension is <= 0`,       // an empty result
	`Invalid input shape: `,                   // a convolution of nothing
	`Dilation not supported for AutoPadType`,  // SAME
	`elements of input 'sizes' \(0\)`,         // an input in place of a constant
	`with zero effective input extent`,        // Pad that takes all away and adds nothing
	`Unexpected mode of 3`,                    // Pad of nothing by wrapping
}, "|"))

// differ is nil if got is want: to the bit, or within a tolerance between floats.
func differ(got, want *tensor.Tensor, tolerance float64) error {
	if got == nil || got.DType != want.DType || !got.Shape.Equal(want.Shape) {
		return fmt.Errorf("%s, ONNX Runtime has %s %s", describe(got), want.DType, want.Shape)
	}
	a, b := reflect.ValueOf(got.Data), reflect.ValueOf(want.Data)
	worst, at := 0.0, -1
	for i := range b.Len() {
		x, y := a.Index(i), b.Index(i)
		if x.Equal(y) {
			continue
		}
		d := math.Inf(1)
		if x.CanFloat() {
			if math.IsNaN(x.Float()) && math.IsNaN(y.Float()) {
				continue
			}
			d = math.Abs(x.Float() - y.Float())
		}
		if !(d <= tolerance) && !(d <= worst) {
			worst, at = d, i
		}
	}
	if at >= 0 {
		return fmt.Errorf("element %d of %s is %v, ONNX Runtime has %v, allowed are %.3g", at, want.Shape, a.Index(at), b.Index(at), tolerance)
	}
	return nil
}

func describe(t *tensor.Tensor) string {
	if t == nil {
		return "nothing"
	}
	return fmt.Sprintf("%s %s", t.DType, t.Shape)
}

// keep copies the graph's files to the folder of flag -keep.
func (g graph) keep(t *testing.T, folder string) {
	if *keep == "" {
		return
	}
	for _, end := range []string{".onnx", ".in.npz", ".out.npz"} {
		data, err := os.ReadFile(filepath.Join(folder, strconv.Itoa(g.Number)+end))
		if err != nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(*keep, strconv.Itoa(g.Number)+end), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
