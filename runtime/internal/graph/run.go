package graph

import (
	"context"
	"fmt"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops/eval"
	"github.com/mixconv/mixconv/tensor"
)

// Run is the reference engine: it evaluates g, whose input shapes are known, one
// node after another with the plain evaluation of package ops/eval. Inputs and
// outputs are in g's order; values are dropped after their last use.
func (g *Graph) Run(ctx context.Context, in []*tensor.Tensor, lim limit.Limits) ([]*tensor.Tensor, error) {
	values := map[*Value]*tensor.Tensor{}
	for i, v := range g.Inputs {
		values[v] = in[i]
	}
	uses := g.Uses()
	for _, n := range g.Nodes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := step(ctx, n, values, lim); err != nil {
			return nil, fmt.Errorf("node %q: %w", n.Name, err)
		}
		for v := range n.Operands {
			if uses[v]--; uses[v] == 0 {
				delete(values, v)
			}
		}
	}
	out := make([]*tensor.Tensor, len(g.Outputs))
	for i, o := range g.Outputs {
		out[i] = value(o.Value, values)
		if o.Value.Def == nil || !o.Value.Type.Dense() { // has, or may have, what the caller must not share
			out[i] = out[i].Clone()
		}
	}
	return out, nil
}

func value(v *Value, values map[*Value]*tensor.Tensor) *tensor.Tensor {
	if t := v.Keep(); t != nil {
		return t
	}
	return values[v]
}

func step(ctx context.Context, n *Node, values map[*Value]*tensor.Tensor, lim limit.Limits) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	args := make([]*tensor.Tensor, len(n.In))
	for i, v := range n.In {
		if v != nil {
			args[i] = value(v, values)
		}
	}
	results, err := eval.Run(ctx, call, args, lim)
	if err != nil {
		return err
	}
	for i, v := range n.Out {
		if v != nil {
			values[v] = results[i]
		}
	}
	return nil
}
