package runtime

import (
	"context"
	"github.com/mixconv/mixconv/ops"
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

// beginsStage reports whether n is a product with weights of a shape that is not
// known before the run.
func beginsStage(n *graph.Node) bool {
	if n.Out[0] == nil || n.Out[0].Type.Shape.Known() || n.Out[0].Type.DType != tensor.Float32 {
		return false
	}
	return n.Is(op.Conv, op.MDConv) || n.Is(op.Gemm, op.MatMul) && slices.ContainsFunc(n.In[:2], func(v *graph.Value) bool {
		return v.Known() && v.Type.Shape.Elements() >= leastWeights
	})
}

// planned is a graph planned for its inputs' shapes: all of a model, or as much as
// can be planned before a run.
type planned struct {
	types []ops.Type // of the model's outputs
	plan  *plan.Plan
	free  []*plan.State // memory that no run uses; the cache guards it

	rest     *graph.Graph // what the plan does not reach; its inputs are the plan's outputs. nil: nothing
	deciding []bool       // the inputs of rest whose values decide on shapes
}

func (p *planned) outputs() []ops.Type { return p.types }

func (p *planned) steps() (*planned, float64) { return p, 1 }

func (p *planned) compute(ctx context.Context, s *Session, args *arguments, out []*tensor.Tensor) error {
	return p.stages(ctx, s, args.threads, args.in, out, nil)
}

// observer is told what each step of a plan took.
type observer = func(p *planned, step int, d time.Duration)

// stages runs the plan, and those of the stages behind it. took may be nil.
func (p *planned) stages(ctx context.Context, s *Session, threads int, in, out []*tensor.Tensor, took observer) error {
	for {
		results := out
		if p.rest != nil {
			results = make([]*tensor.Tensor, len(p.rest.Inputs))
		}
		if err := p.run(ctx, s, threads, in, results, took); err != nil || p.rest == nil {
			return err
		}
		next, err := s.get(ctx, p.next(s, results))
		if err != nil {
			return err
		}
		p, in = next.(*planned), results
	}
}

// run runs the plan alone.
func (p *planned) run(ctx context.Context, s *Session, threads int, in, out []*tensor.Tensor, took observer) (err error) {
	st := s.cache.acquire(p)
	defer func() { s.cache.release(p, st, s.options.Threads, err) }()
	if took == nil {
		return st.Run(ctx, threads, in, out, nil)
	}
	return st.Run(ctx, threads, in, out, func(step int, d time.Duration) { took(p, step, d) })
}

// next asks for the stage behind p, for what p found.
func (p *planned) next(s *Session, found []*tensor.Tensor) *request {
	r := &request{session: s, of: p.rest, values: make([]*tensor.Tensor, len(found))}
	for i, t := range found {
		if !p.rest.Inputs[i].Type.Dense() { // a plan has no use for its shape
			r.shapes = append(r.shapes, nil)
			continue
		}
		r.shapes = append(r.shapes, t.Shape)
		if p.deciding[i] && t.Elements() <= tensor.MaxRank {
			r.values[i] = t
		}
	}
	return r
}
