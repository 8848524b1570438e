package runtime

import (
	"context"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/fuse"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/pass"
	"github.com/mixconv/mixconv/runtime/internal/plan"
	"github.com/mixconv/mixconv/tensor"
)

// prepared is a session made ready for one set of input shapes and of outputs: a
// *batch, a *planned or an *interpreted.
type prepared interface {
	// outputs are the types of the results. A shape that is not known is that of a
	// result which compute makes.
	outputs() []ops.Type
	// compute writes the results into the tensors of out; where one is nil, it makes it.
	compute(ctx context.Context, s *Session, args *arguments, out []*tensor.Tensor) error
	// steps is the plan that runs the pictures, or most of them, and how many times as
	// many there are as it runs at once; nil without a plan.
	steps() (p *planned, times float64)
}

// prepare makes what r asks for.
func (s *Session) prepare(b *limit.Budget, r *request) (_ prepared, err error) {
	defer errs.Recover(&err)
	if r.of != nil {
		return s.prepareStage(b, r)
	}
	if s.options.Engine == Reference {
		g, err := s.specialise(b, s.typed, r.shapes, r.want)
		if err != nil {
			return nil, err
		}
		g.Embed()
		return &interpreted{g}, nil
	}
	if !r.together {
		if chunks, err := s.prepareBatch(b, r); err != nil || chunks != nil {
			return chunks, err
		}
	}
	g, err := s.specialise(b, s.passed, r.shapes, r.want)
	if err != nil {
		return nil, err
	}
	return s.plan(b, g)
}

// specialise returns g with what the outputs at want need alone, and inputs of these
// shapes.
func (s *Session) specialise(b *limit.Budget, g *graph.Graph, shapes []tensor.Shape, want []int) (*graph.Graph, error) {
	g, err := g.Clone(b)
	if err != nil {
		return nil, err
	}
	g.Keep(want)
	named := map[string]tensor.Shape{}
	for i, v := range g.Inputs {
		named[v.Name] = shapes[i]
	}
	return g, g.Infer(b, named)
}

// plan plans g as far as that can be done before a run.
func (s *Session) plan(b *limit.Budget, g *graph.Graph) (p *planned, err error) {
	p = &planned{}
	if p.types, p.rest, err = s.fused(b, g); err != nil {
		return nil, err
	}
	if p.rest != nil {
		p.deciding = p.rest.Deciding()
	}
	p.plan, err = plan.New(b, g, s.planOptions())
	return p, err
}

// fused runs all passes over g, and leaves it what can be planned before a run. It
// returns the types of the outputs that g had, and the rest.
func (s *Session) fused(b *limit.Budget, g *graph.Graph) (outputs []ops.Type, rest *graph.Graph, err error) {
	if err := pass.Run(b, g, s.kernels.Computes); err != nil {
		return nil, nil, err
	}
	for _, o := range g.Outputs {
		outputs = append(outputs, o.Value.Type)
	}
	rest = g.Cut(beginsStage)
	return outputs, rest, fuse.Run(b, g)
}

// prepareStage plans the rest of a model for the shapes that a run has found.
func (s *Session) prepareStage(b *limit.Budget, r *request) (*planned, error) {
	g, err := r.of.Clone(b)
	if err != nil {
		return nil, err
	}
	for i, v := range g.Inputs {
		v.Type.Shape, v.Type.Value = r.shapes[i], r.values[i]
	}
	var p *planned
	if err = g.Infer(b, nil); err == nil {
		p, err = s.plan(b, g)
	}
	if err == nil || internal(err) {
		return p, err
	}
	// The reference loops run it, and tell better what is wrong, if they find it.
	if g, err = r.of.Clone(b); err != nil {
		return nil, err
	}
	p = &planned{}
	p.plan, err = plan.New(b, g, s.planOptions())
	return p, err
}

// budget is for preparing a run.
func (s *Session) budget(ctx context.Context) *limit.Budget {
	b := limit.NewLoad(ctx, s.options.Limits)
	b.Constants(s.typed.Stored)
	return b
}

func (s *Session) planOptions() plan.Options {
	return plan.Options{Workers: s.options.Threads, Set: s.kernels, Packs: s.cache.packs, Hook: s.hook}
}
