package graph

import (
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops/eval"
	"github.com/mixconv/mixconv/tensor"
)

// Run is the reference engine: it evaluates g, whose input shapes are known, one
// node after another with the plain evaluation of package ops/eval. Inputs and
// outputs are in g's order; values are dropped after their last use.
func (g *Graph) Run(b *limit.Budget, in []*tensor.Tensor) ([]*tensor.Tensor, error) {
	e := &execution{b, map[*Value]*tensor.Tensor{}, 0}
	defer func() { e.hold(-e.held) }()
	for i, v := range g.Inputs {
		e.values[v] = in[i]
	}
	uses := g.Uses()
	for _, n := range g.Nodes {
		if err := b.Spend(nodeCost); err != nil {
			return nil, err
		}
		if err := e.step(n); err != nil {
			return nil, fmt.Errorf("node %q: %w", n.Name, err)
		}
		for v := range n.Operands {
			if uses[v]--; uses[v] == 0 {
				e.drop(v)
			}
		}
	}
	out := make([]*tensor.Tensor, len(g.Outputs))
	for i, o := range g.Outputs {
		out[i] = e.value(o.Value)
		if o.Value.Def == nil || !o.Value.Type.Dense() { // has, or may have, what the caller must not share
			out[i] = out[i].Clone()
		}
	}
	return out, nil
}

// execution is one run of a graph.
type execution struct {
	budget *limit.Budget
	values map[*Value]*tensor.Tensor
	held   int64 // bytes of the values that nodes made
}

func (e *execution) value(v *Value) *tensor.Tensor {
	if t := v.Keep(); t != nil {
		return t
	}
	return e.values[v]
}

func (e *execution) hold(bytes int64) error {
	e.held += bytes
	return e.budget.Hold(bytes)
}

// drop forgets a value that nobody will read.
func (e *execution) drop(v *Value) {
	if v.Def != nil {
		_ = e.hold(-e.values[v].Bytes()) // never too much
	}
	delete(e.values, v)
}

func (e *execution) step(n *Node) (err error) {
	defer errs.Recover(&err)
	call, err := n.Call()
	if err != nil {
		return err
	}
	args := make([]*tensor.Tensor, len(n.In))
	for i, v := range n.In {
		if v != nil {
			args[i] = e.value(v)
		}
	}
	results, err := eval.Run(e.budget, call, args)
	if err != nil {
		return err
	}
	for i, v := range n.Out {
		if v != nil {
			e.values[v] = results[i]
			if err := e.hold(results[i].Bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}
