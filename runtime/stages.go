package runtime

import (
	"context"
	"github.com/mixconv/mixconv/ops/op"
	"slices"
	"time"

	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// A model in which a shape depends on values, as a detector's, is run in stages.
// A stage ends before the products of a value of such a shape with weights: those
// are worth a plan of their own, for the shapes that the stage has found. Before
// them, the reference loops compute what they alone can.

// leastWeights is how many weights a matrix must have to be worth a stage. A plan
// takes some milliseconds, as a hundred rows by so many weights take on the
// reference loops. A convolution has rows enough in any picture.
const leastWeights = 1 << 14

// worthStage reports whether n is a product with weights of a shape that is not
// known before the run.
func worthStage(n *graph.Node) bool {
	if n.Out[0] == nil || n.Out[0].Type.Shape.Known() || n.Out[0].Type.DType != tensor.Float32 {
		return false
	}
	return n.Is(op.Conv, op.MDConv) || n.Is(op.Gemm, op.MatMul) && slices.ContainsFunc(n.In[:2], func(v *graph.Value) bool {
		return v.Known() && v.Type.Shape.Elements() >= leastWeights
	})
}

// stages runs e's plan, and those of the stages behind it. What took learns of
// each step may be left out.
func (s *Session) stages(ctx context.Context, e *entry, in, out []*tensor.Tensor, took func(e *entry, step int, d time.Duration)) error {
	for {
		results := out
		if e.rest != nil {
			results = make([]*tensor.Tensor, len(e.rest.Inputs))
		}
		if err := s.runPlan(ctx, e, in, results, took); err != nil || e.rest == nil {
			return err
		}
		next, err := s.next(ctx, e, results)
		if err != nil {
			return err
		}
		e, in = next, results
	}
}

func (s *Session) runPlan(ctx context.Context, e *entry, in, out []*tensor.Tensor, took func(e *entry, step int, d time.Duration)) (err error) {
	st := s.acquire(e)
	defer func() { s.release(e, st, err) }()
	if took == nil {
		return st.Run(ctx, in, out)
	}
	return st.Observe(ctx, in, out, func(step int, d time.Duration) { took(e, step, d) })
}

// next returns what is prepared for what e found, preparing it on first use.
func (s *Session) next(ctx context.Context, e *entry, found []*tensor.Tensor) (*entry, error) {
	stage := &entry{of: e.rest, want: e.want, values: make([]*tensor.Tensor, len(found))}
	for i, t := range found {
		if !e.rest.Inputs[i].Type.Dense() { // a plan has no use for its shape
			stage.shapes = append(stage.shapes, nil)
			continue
		}
		stage.shapes = append(stage.shapes, t.Shape.Clone())
		if e.deciding[i] && t.Elements() <= tensor.MaxRank {
			stage.values[i] = t
		}
	}
	return s.stage(ctx, stage)
}

// latest is the stage behind e that a run needed last, nil if none is remembered.
func (s *Session) latest(e *entry) *entry {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	for _, made := range slices.Backward(s.plans.entries) {
		if made.of == e.rest {
			return made
		}
	}
	return nil
}

// stage returns the entry that is prepared for the same as e, or prepares e.
func (s *Session) stage(ctx context.Context, e *entry) (_ *entry, err error) {
	s.plans.mu.Lock()
	defer s.plans.mu.Unlock()
	for _, made := range s.plans.entries {
		if made.of == e.of && made.fits(e) {
			s.plans.last(made)
			return made, nil
		}
	}
	b := s.budget(ctx)
	g, err := e.of.Clone(b)
	if err != nil {
		return nil, err
	}
	for i, v := range g.Inputs {
		v.Type.Shape, v.Type.Value = e.shapes[i], e.values[i]
	}
	if err = g.Infer(b, nil); err == nil {
		err = s.plan(b, e, g)
	}
	if err != nil && !internal(err) {
		// The reference loops run it, and tell better what is wrong, if they find it.
		e.rest = nil
		if g, err = e.of.Clone(b); err == nil {
			e.plan, err = plan.New(b, g, s.planOptions())
		}
	}
	if err = s.checkPacks(err); err != nil {
		return nil, err
	}
	s.plans.last(e)
	return e, nil
}
