package runtime

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/onnx/dump"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// Shapes are those of inputs, by name.
type Shapes = map[string]tensor.Shape

// Stages are the names that Dump takes, in the order of a model's way through.
var Stages = []string{"onnx", "typed", "passed", "fused", "plan"}

// Dump writes one stage of the model's way from file to plan as text. The fused graph
// and the plans are those for shapes, as Fallbacks has them; of a model that is planned
// in several steps, the fused graph is the first one's. Plans depend on the instruction set
// whose kernels run: "plan" is this machine's, and "plan:portable", "plan:avx2" and
// "plan:avx512" are those of others.
func (s *Session) Dump(w io.Writer, stage string, shapes ...Shapes) error {
	s, named, err := s.naming(shapes)
	if err != nil {
		return err
	}
	if name, other := strings.CutPrefix(stage, "plan:"); other && s.passed != nil {
		set, err := kernel.Named(kernel.Plain, name)
		if err != nil {
			return fmt.Errorf("stage %q: %w", stage, err)
		}
		s, stage = s.plannedFor(set), "plan"
	}
	switch stage {
	case "onnx":
		return dump.Model(w, s.model)
	case "typed":
		return s.typed.Dump(w)
	case "passed":
		if s.passed != nil {
			return s.passed.Dump(w)
		}
	case "fused":
		if s.passed != nil {
			return s.dumpFused(w, named)
		}
	case "plan":
		if s.passed != nil {
			return s.dumpPlans(w, named)
		}
	}
	return fmt.Errorf("stage %q: allowed are %q, the last three of a model that the planned engine runs", stage, Stages)
}

func (s *Session) dumpFused(w io.Writer, named Shapes) error {
	var g *graph.Graph
	err := s.cache.exclusively(context.Background(), func() (err error) {
		b, all := s.budget(context.Background()), make([]int, len(s.typed.Outputs))
		for i := range all {
			all[i] = i
		}
		if g, err = s.specialise(b, s.passed, s.completed(named, 1), all); err != nil {
			var usualErr error
			if g, usualErr = s.specialise(b, s.passed, s.completed(named, usualPixels), all); usualErr != nil {
				return err
			}
		}
		_, _, err = s.fused(b, g)
		return cmp.Or(s.typed.Reads.Err(), err)
	})
	if err != nil {
		return s.explain(err)
	}
	return g.Dump(w)
}

func (s *Session) dumpPlans(w io.Writer, named Shapes) error {
	_, stages, rest, err := s.declared(named)
	if err != nil {
		return err
	}
	for _, p := range stages {
		if err := p.plan.Dump(w); err != nil {
			return err
		}
	}
	if rest != nil {
		_, err = fmt.Fprintf(w, "then %d nodes, planned for the shapes that a run finds\n", len(rest.Nodes))
	}
	return err
}

// plannedFor is a session of the same model whose plans are for other kernels.
func (s *Session) plannedFor(kernels *kernel.Set) *Session {
	return &Session{model: s.model, options: s.options, typed: s.typed, passed: s.passed, kernels: kernels, pays: s.pays, places: s.places, cache: newCache(), scratch: new(argumentPool)}
}

// Fallbacks lists the steps that the planned engine hands to the reference
// loops, for inputs of these shapes; several are joined. A dimension that neither
// they nor the model tell is 1, or 224 where the model cannot have that and it is
// not the first. Nodes at a shape that depends on values are among them. Of what is
// planned only while a model runs, for shapes that it finds, they are those that a
// run of the same shapes had last, and before the first run those that have no
// planned kernel for any shapes.
func (s *Session) Fallbacks(shapes ...Shapes) ([]string, error) {
	s, named, err := s.naming(shapes)
	if err != nil {
		return nil, err
	}
	ready, stages, rest, err := s.declared(named)
	if err != nil {
		return nil, err
	}
	var all []string
	list := func(nodes []*graph.Node) {
		for _, n := range nodes {
			all = append(all, fmt.Sprintf("%s %q", n.Op.Name, n.Name))
		}
	}
	for _, p := range stages {
		all = append(all, p.plan.Fallbacks()...)
	}
	if p, ok := ready.(*interpreted); ok {
		list(p.graph.Nodes)
	}
	if rest != nil {
		list(slices.DeleteFunc(slices.Clone(rest.Nodes), plan.Lowers))
	}
	return all, nil
}

// naming joins shapes, and returns the session that takes inputs of their names.
func (s *Session) naming(shapes []Shapes) (*Session, Shapes, error) {
	named := Shapes{}
	for _, list := range shapes {
		maps.Copy(named, list)
	}
	v, err := s.variant(context.Background(), func(name string) bool { _, ok := named[name]; return ok })
	if err != nil {
		return nil, nil, err
	}
	known := 0
	for _, in := range v.typed.Inputs {
		shape, ok := named[in.Name]
		if !ok {
			continue
		}
		known++
		if _, _, err := tensor.Size(in.Type.DType, shape); err != nil || !accepts(shape, in.Type.Shape) {
			return nil, nil, fmt.Errorf("input %s: the model takes %s %s, the shape given is %s", errs.Quote(in.Name), in.Type.DType, in.Type.Shape, shape)
		}
	}
	if known < len(named) {
		return nil, nil, s.unknownInput(slices.Sorted(maps.Keys(named)))
	}
	return v, named, nil
}

// usualPixels is the height and width that nearly every network takes.
const usualPixels = 224

// declared is what is prepared for shapes, and sizes made up where they are open, its
// plans stage by stage, and the rest that no run has needed yet; of a batch that is run
// in chunks, the plans of one of them.
func (s *Session) declared(named Shapes) (ready prepared, stages []*planned, rest *graph.Graph, err error) {
	args, err := s.scratch.get()
	if err != nil {
		return nil, nil, nil, err
	}
	defer s.end(args, &err)
	if err := s.ask(args, nil); err != nil {
		return nil, nil, nil, err
	}
	if ready, err = s.ready(context.Background(), s.completed(named, 1), args.want); err != nil {
		usual, usualErr := s.ready(context.Background(), s.completed(named, usualPixels), args.want)
		if usualErr != nil {
			return nil, nil, nil, err
		}
		ready = usual
	}
	p, _ := ready.steps()
	for p != nil {
		stages, rest = append(stages, p), p.rest
		if rest == nil {
			break
		}
		p = s.cache.latest(rest)
	}
	return ready, stages, rest, nil
}

// Complete returns shapes of all inputs: those named, or else the declared ones, of
// which an unknown first dimension is batch and any other is open. A dimension that
// the model calls by the name of another input's first one is batch, too. guessed says that
// something had to be open. An input of unknown rank that is not named is left out.
func (s *Session) Complete(named Shapes, batch, open int) (all Shapes, guessed bool) {
	all = maps.Clone(named)
	if all == nil {
		all = Shapes{}
	}
	inputs := s.Inputs()
	first := map[string]string{} // an input that begins with a dimension of this name
	for _, v := range inputs {
		if len(v.Shape) > 0 && v.Shape[0] == tensor.Unknown && v.Dims[0] != "" {
			first[v.Dims[0]] = v.Name
		}
	}
	for _, v := range inputs {
		if _, ok := named[v.Name]; ok || v.Shape == nil {
			continue
		}
		shape := v.Shape.Clone()
		for i, d := range shape {
			switch {
			case d != tensor.Unknown:
			case i == 0 || first[v.Dims[i]] != "" && first[v.Dims[i]] != v.Name:
				shape[i] = batch
			default:
				shape[i], guessed = open, true
			}
		}
		all[v.Name] = shape
	}
	return all, guessed
}

// completed are these shapes in the inputs' order, for a batch of one.
func (s *Session) completed(named Shapes, open int) []tensor.Shape {
	all, _ := s.Complete(named, 1, open)
	var shapes []tensor.Shape
	for _, v := range s.typed.Inputs {
		shapes = append(shapes, all[v.Name])
	}
	return shapes
}
