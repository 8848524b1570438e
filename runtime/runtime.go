package runtime

import (
	"cmp"
	"context"
	"fmt"
	"io"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/onnx"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/runtime/internal/pass"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
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
// planned engine on one thread, the model's own outputs and the default limits.
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
	plans   plans
	kernels *kernel.Set
	worth   func(work) bool // whether a batch of pictures of so much work is run in portions
	scratch argumentPool
	owned   bool                          // the model is nobody else's
	hook    func(node string, worker int) // of tests: see plan.Options
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
	if o.Layers {
		addLayers(typed)
	}
	kernels, err := kernel.Best()
	if err != nil {
		return nil, err
	}
	o.Threads = max(1, min(o.Threads, goruntime.GOMAXPROCS(0)))
	o.Context = nil
	s := &Session{model: m, options: o, typed: typed, kernels: kernels, worth: work.enough, plans: plans{packs: new(plan.Packs)}}
	s.places = make(map[string]int, len(typed.Outputs))
	for i, out := range typed.Outputs {
		s.places[out.Name] = i
	}
	if o.Engine == Planned {
		s.passed = typed.Clone()
		err = pass.Run(budget, s.passed)
	} else {
		typed.Embed()
	}
	if err = cmp.Or(typed.Reads.Err(), err); err != nil {
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

// Stages are the names that Dump takes, in the order of a model's way through.
var Stages = []string{"onnx", "typed", "passed", "plan"}

// Dump writes one stage of the model's way from file to plan as text. The plans
// are those for the declared input shapes, as Fallbacks has them. They depend on the
// instruction set whose kernels run: "plan" is this machine's, and "plan:portable",
// "plan:avx2" and "plan:avx512" are those of others.
func (s *Session) Dump(w io.Writer, stage string) error {
	if name, other := strings.CutPrefix(stage, "plan:"); other && s.passed != nil {
		set, err := kernel.Named(kernel.Plain, name)
		if err != nil {
			return fmt.Errorf("stage %q: %w", stage, err)
		}
		s, stage = s.plannedFor(set), "plan"
	}
	switch stage {
	case "onnx":
		return s.model.Dump(w)
	case "typed":
		return s.typed.Dump(w)
	case "passed":
		if s.passed != nil {
			return s.passed.Dump(w)
		}
	case "plan":
		stages, rest, err := s.declared()
		for _, e := range stages {
			if err == nil && e.plan != nil {
				err = e.plan.Dump(w)
			}
		}
		if err == nil && rest != nil {
			_, err = fmt.Fprintf(w, "then %d nodes, planned for the shapes that a run finds\n", len(rest.Nodes))
		}
		if err != nil || s.passed != nil {
			return err
		}
	}
	return fmt.Errorf("stage %q: allowed are %q, the last two of a model that the planned engine runs", stage, Stages)
}

// plannedFor is a session of the same model whose plans are for other kernels.
func (s *Session) plannedFor(kernels *kernel.Set) *Session {
	return &Session{model: s.model, options: s.options, typed: s.typed, passed: s.passed, kernels: kernels, worth: s.worth, places: s.places, plans: plans{packs: new(plan.Packs)}}
}

// Fallbacks lists the steps that the planned engine hands to the reference
// loops, for the declared input shapes with 1 for unknown dimensions, or with 224
// where the model cannot have that, but for the first. Nodes at a shape that
// depends on values are among them. Of what is planned only while a model runs,
// for shapes that it finds, they are those that a run had last, and before the
// first run those that have no planned kernel for any shapes.
func (s *Session) Fallbacks() ([]string, error) {
	stages, rest, err := s.declared()
	if err != nil {
		return nil, err
	}
	var all []string
	list := func(nodes []*graph.Node) {
		for _, n := range nodes {
			all = append(all, fmt.Sprintf("%s %q", n.Op.Name, n.Name))
		}
	}
	for _, e := range stages {
		if e.plan != nil {
			all = append(all, e.plan.Fallbacks()...)
			continue
		}
		list(e.graph.Nodes)
	}
	if rest != nil {
		list(slices.DeleteFunc(slices.Clone(rest.Nodes), plan.Lowers))
	}
	return all, nil
}

// usualPixels is the height and width that nearly every network takes.
const usualPixels = 224

// declared is what is prepared for the declared input shapes, stage by stage, and
// the rest that no run has needed yet; of a batch that is run in portions, for one
// of them.
func (s *Session) declared() (stages []*entry, rest *graph.Graph, err error) {
	args, err := s.scratch.get()
	if err != nil {
		return nil, nil, err
	}
	defer s.end(args, &err)
	if err := s.ask(args, nil); err != nil {
		return nil, nil, err
	}
	e, err := s.entry(context.Background(), s.declaredShapes(1), args.want)
	if err != nil {
		usual, usualErr := s.entry(context.Background(), s.declaredShapes(usualPixels), args.want)
		if usualErr != nil {
			return nil, nil, err
		}
		e = usual
	}
	e, _ = e.runner()
	for {
		stages = append(stages, e)
		if e.rest == nil {
			return stages, nil, nil
		}
		next := s.latest(e)
		if next == nil {
			return stages, e.rest, nil
		}
		e = next
	}
}

// declaredShapes are the inputs', with 1 for an unknown first dimension and
// unknown for others.
func (s *Session) declaredShapes(unknown int) []tensor.Shape {
	var shapes []tensor.Shape
	for _, v := range s.typed.Inputs {
		shape := v.Type.Shape.Clone()
		for i, d := range shape {
			if d == tensor.Unknown {
				shape[i] = unknown
			}
		}
		if len(shape) > 0 && v.Type.Shape[0] == tensor.Unknown {
			shape[0] = 1
		}
		shapes = append(shapes, shape)
	}
	return shapes
}

// specialise returns g with what e's outputs need alone, and e's input shapes.
func (s *Session) specialise(b *limit.Budget, g *graph.Graph, e *entry) (*graph.Graph, error) {
	g = g.Clone()
	g.Keep(e.want)
	named := map[string]tensor.Shape{}
	for i, v := range g.Inputs {
		named[v.Name] = e.shapes[i]
	}
	return g, g.Infer(b, named)
}

// plan plans e for g, which has e's input shapes, as far as that can be done
// before a run.
func (s *Session) plan(b *limit.Budget, e *entry, g *graph.Graph) (err error) {
	if err := pass.Run(b, g); err != nil {
		return err
	}
	for _, o := range g.Outputs {
		e.outputs = append(e.outputs, o.Value.Type)
	}
	if e.rest = g.Cut(worthStage); e.rest != nil {
		e.deciding = e.rest.Deciding()
	}
	e.plan, err = plan.New(b, g, s.planOptions())
	return err
}

// budget is for preparing a run.
func (s *Session) budget(ctx context.Context) *limit.Budget {
	b := limit.NewLoad(ctx, s.options.Limits)
	b.Constants(s.typed.Stored)
	return b
}

func (s *Session) planOptions() plan.Options {
	return plan.Options{Workers: s.options.Threads, Set: s.kernels, Packs: s.plans.packs, Hook: s.hook}
}
