package conform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/onnx/onnxpb"
	"github.com/mixconv/mixconv/runtime"
)

// Status is how a case came out.
type Status string

// The statuses of a case.
const (
	Passed       Status = "passed"
	Failed       Status = "failed"
	Unsupported  Status = "unsupported"
	Contradicted Status = "contradicted"
)

// Case is one case and how it came out.
type Case struct {
	Name   string   `json:"name"` // its folder, below the one that was given
	Status Status   `json:"status"`
	Reason string   `json:"reason,omitempty"` // of a case that did not pass, one line
	Ops    []string `json:"ops"`              // the operators in its model, sorted
}

// Report is the outcome of all cases, sorted by name.
type Report struct {
	Passed       int    `json:"passed"`
	Failed       int    `json:"failed"`
	Unsupported  int    `json:"unsupported"`
	Contradicted int    `json:"contradicted"`
	Cases        []Case `json:"cases"`
}

// Run runs every case below the root of data. It fails if there is none, or if
// ctx ends. progress, if not nil, is called before each case.
func Run(ctx context.Context, data fs.FS, progress func(done, all int)) (*Report, error) {
	list, err := find(data)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no cases: wanted folders with model.onnx and test_data_set_0, or light_*.onnx")
	}
	r := &Report{}
	for i, l := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(i, len(list))
		}
		r.add(l.run(ctx))
	}
	return r, ctx.Err()
}

func (r *Report) add(c Case) {
	r.Cases = append(r.Cases, c)
	switch c.Status {
	case Passed:
		r.Passed++
	case Failed:
		r.Failed++
	case Unsupported:
		r.Unsupported++
	case Contradicted:
		r.Contradicted++
	}
}

// location is where a case lies.
type location struct {
	data  fs.FS
	name  string
	model string
	sets  []dataSet
}

// find lists the cases in the order of their names.
func find(data fs.FS) ([]location, error) {
	var list []location
	err := fs.WalkDir(data, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		l := location{data: data, model: file}
		switch name := path.Base(file); {
		case name == "model.onnx":
			l.name = path.Dir(file)
			l.sets, err = dataSets(data, l.name)
		case strings.HasPrefix(name, "light_") && strings.HasSuffix(name, ".onnx"):
			l.name = strings.TrimSuffix(file, ".onnx")
			l.sets = []dataSet{{outputs: []string{l.name + "_output_0.pb"}}}
		default:
			return nil
		}
		list = append(list, l)
		return err
	})
	slices.SortFunc(list, func(a, b location) int { return strings.Compare(a.name, b.name) })
	return list, err
}

// run runs one case. A panic is a failure of the case.
func (l location) run(ctx context.Context) (c Case) {
	c = Case{Name: l.name, Status: Failed}
	defer func() {
		if p := recover(); p != nil {
			c.Status, c.Reason = Failed, fmt.Sprintf("panic: %v", p)
		}
	}()
	m, err := onnx.ReadFS(l.data, l.model, limit.Limits{})
	if err == nil {
		c.Ops = operators(m.Proto)
		err = l.runModel(ctx, m)
	}
	var unsupported *errs.UnsupportedError
	switch other := contradicted(l.name); {
	case err == nil && other != nil:
		c.Status, c.Reason = Contradicted, other.reason
	case err == nil:
		c.Status = Passed
	case errors.As(err, &unsupported):
		c.Status, c.Reason = Unsupported, reasons(unsupported)
	default:
		c.Reason = strings.TrimPrefix(err.Error(), l.model+": ")
	}
	return c
}

// reasons is an UnsupportedError without the nodes' names, each reason once.
func reasons(e *errs.UnsupportedError) string {
	var list []string
	for _, u := range e.Items {
		if u.Op != "" {
			u.Node = ""
		}
		if s := u.String(); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return strings.Join(list, "; ")
}

func (l location) runModel(ctx context.Context, m *onnx.Model) error {
	if len(l.sets) == 0 {
		return fmt.Errorf("no data sets")
	}
	for _, engine := range []runtime.Engine{runtime.Reference, runtime.Planned} {
		s, err := runtime.New(m, runtime.Options{Engine: engine, Context: ctx})
		if err != nil {
			return err
		}
		for i, set := range l.sets {
			if err := set.run(ctx, l.data, s, contradicted(l.name)); err != nil {
				return fmt.Errorf("%s engine, data set %d: %w", engine, i, err)
			}
		}
	}
	return nil
}

// operators lists the operators of a model, those of subgraphs included.
func operators(m *onnxpb.ModelProto) []string {
	seen := map[string]bool{}
	graphs := []*onnxpb.GraphProto{m.GetGraph()}
	for len(graphs) > 0 {
		g := graphs[0]
		graphs = graphs[1:]
		for _, n := range g.GetNode() {
			name := n.GetOpType()
			if d := n.GetDomain(); d != "" && d != "ai.onnx" {
				name = d + "." + name
			}
			seen[name] = true
			for _, a := range n.GetAttribute() {
				if a.GetG() != nil {
					graphs = append(graphs, a.GetG())
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
