package runtime

import (
	"context"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// interpreted is a graph that the reference engine evaluates node by node.
type interpreted struct{ graph *graph.Graph }

// outputs says of no shape that it is known: the evaluation makes all results.
func (p *interpreted) outputs() []ops.Type {
	types := make([]ops.Type, len(p.graph.Outputs))
	for i, o := range p.graph.Outputs {
		types[i] = ops.Type{DType: o.Value.Type.DType}
	}
	return types
}

func (p *interpreted) compute(ctx context.Context, s *Session, args *arguments, out []*tensor.Tensor) error {
	results, err := p.graph.Run(limit.NewBudget(ctx, s.options.Limits), args.in)
	copy(out, results)
	return err
}

func (p *interpreted) steps() (*planned, float64) { return nil, 1 }
