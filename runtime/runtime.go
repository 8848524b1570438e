package runtime

import (
	"context"
	goruntime "runtime"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// Engine chooses how a Session computes.
type Engine int

const (
	// Planned fuses, plans memory and runs the kernels of this machine.
	Planned Engine = iota
	// Reference evaluates one node after another, accumulating in float64.
	Reference
)

func (e Engine) String() string { return [...]string{"planned", "reference"}[e] }

// Options are the choices that a Session is made with. The zero value is the
// planned engine on one thread and the default limits.
type Options struct {
	Engine Engine
	// Threads is how many goroutines one Run computes with, at most
	// GOMAXPROCS; 0 means 1. The results are the same bits for any number.
	Threads int
	// Layers adds every named value of the model that a run computes to the
	// outputs. Values that are wanted are not fused away, so it is slower.
	Layers bool
	// Limits bounds what a model may ask for; zero fields mean the defaults.
	Limits limit.Limits
	// Context ends the making of the session when it is done: its error is then that
	// of Load, LoadFS, LoadBytes or New. nil never is. A Run has a context of its own.
	Context context.Context
}

// Session is a model ready to run. It is immutable; any number of goroutines
// may call Run and RunInto at the same time.
type Session struct {
	model   *onnx.Model
	options Options
	typed   *graph.Graph   // as the file says
	passed  *graph.Graph   // after passes that need no run's shapes; nil for Reference
	places  map[string]int // of the outputs, by name
	cache   *cache
	kernels *kernel.Set
	pays    func(work) bool // whether a batch of pictures of so much work is run in chunks
	scratch *argumentPool
	owned   bool                          // the model is nobody else's
	hook    func(node string, worker int) // of tests: see plan.Options

	variants variants
}

// New makes a session. A broken model is an *errs.FormatError; everything that
// is not implemented comes back at once in an *errs.UnsupportedError.
func New(m *onnx.Model, o Options) (_ *Session, err error) {
	defer explainPanic(m.Name(), &err)
	o.Limits = o.Limits.OrDefault()
	budget := limit.NewLoad(o.Context, o.Limits)
	typed, err := graph.Build(budget, m)
	if err != nil {
		return nil, err
	}
	kernels, err := kernel.Best()
	if err != nil {
		return nil, err
	}
	o.Threads = max(1, min(o.Threads, goruntime.GOMAXPROCS(0)))
	o.Context = nil
	s := &Session{model: m, options: o, kernels: kernels, pays: work.enough, cache: newCache(), scratch: new(argumentPool)}
	if err := s.prepareGraphs(budget, typed); err != nil {
		return nil, s.explain(err)
	}
	return s, nil
}

// addLayers makes every tensor that a node computes an output.
func addLayers(g *graph.Graph) {
	named := map[string]bool{}
	for _, o := range g.Outputs {
		named[o.Name] = true
	}
	for _, n := range g.Nodes {
		for _, v := range n.Out {
			if v != nil && !named[v.Name] && !v.Known() && v.Type.Dense() {
				g.Outputs = append(g.Outputs, graph.Output{Name: v.Name, Value: v})
			}
		}
	}
}
