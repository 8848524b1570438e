package graph

import (
	"errors"
	"fmt"
	"github.com/mixconv/mixconv/ops/op"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/tensor"
)

// Infer sets the type of every value, and computes those that depend on
// constants alone. shapes gives inputs their shape for this run; nil keeps the
// declared ones. What is not supported comes back at once: nodes that are not,
// and those that wait for their results, are passed over. What of constants is
// beyond the budget is left to the run.
func (g *Graph) Infer(b *limit.Budget, shapes map[string]tensor.Shape) error {
	for _, v := range g.Inputs {
		if s, ok := shapes[v.Name]; ok && v.Type.Dense() {
			v.Type.Shape = s
		}
	}
	var kept []*Node
	var missing []errs.Unsupported
	unknown := map[*Value]bool{} // what a node that is not supported makes
	for i, n := range g.Nodes {
		if err := b.Spend(nodeCost); err != nil {
			return err
		}
		if n.Op == nil || len(unknown) > 0 && n.reads(unknown) {
			n.mark(unknown)
			continue
		}
		err := n.settle(b, &kept)
		var unsupported *errs.UnsupportedError
		switch {
		case errors.As(err, &unsupported):
			missing = append(missing, n.named(unsupported)...)
			n.mark(unknown)
		case b.Err() != nil:
			return b.Err()
		case errors.As(err, new(*errs.InternalError)):
			return fmt.Errorf("%s: %s: %w", place(i, n), n.Op.Name, err)
		case err != nil:
			return errs.Format(place(i, n), "%s: %w", n.Op.Name, err)
		}
	}
	g.Nodes = kept
	if len(missing) > 0 {
		return &errs.UnsupportedError{Items: missing}
	}
	return nil
}

func (n *Node) reads(any map[*Value]bool) bool {
	for v := range n.Operands {
		if any[v] {
			return true
		}
	}
	return false
}

func (n *Node) mark(made map[*Value]bool) {
	for _, v := range n.Out {
		if v != nil {
			made[v] = true
		}
	}
}

// named says which node it is that lacks something, unless one in its graphs
// was named already.
func (n *Node) named(e *errs.UnsupportedError) []errs.Unsupported {
	items := slices.Clone(e.Items)
	for i := range items {
		if items[i].Node == "" {
			items[i].Node = n.Name
		}
	}
	return items
}

// settle infers n, or what it is replaced by, and appends to kept what remains
// to be run.
func (n *Node) settle(b *limit.Budget, kept *[]*Node) (err error) {
	defer errs.Recover(&err)
	list, err := n.modernise(b)
	if err != nil {
		return err
	}
	if len(list) != 1 || list[0] != n {
		for _, m := range list {
			if err := m.settle(b, kept); err != nil {
				return err
			}
		}
		return nil
	}
	if err := n.infer(b); err != nil {
		return err
	}
	if !n.known() {
		*kept = append(*kept, n)
	}
	return nil
}

// known reports whether every result is a constant; such a node need not run.
func (n *Node) known() bool {
	for _, v := range n.Out {
		if v != nil && !v.Known() {
			return false
		}
	}
	for _, v := range n.Out {
		if v != nil {
			v.Def = nil
			if n.Is(op.DequantizeLinear) {
				v.Unfolded = n
			}
		}
	}
	return true
}

func (n *Node) infer(b *limit.Budget) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	call.Budget = b
	types, err := call.Infer()
	if err != nil {
		return err
	}
	for i, v := range n.Out {
		if v == nil {
			continue
		}
		if i >= len(types) {
			return fmt.Errorf("%d outputs, allowed at most %d", len(n.Out), len(types))
		}
		v.Type = types[i]
	}
	if !slices.ContainsFunc(n.Out, func(v *Value) bool { return v != nil && !v.Known() }) || !n.foldable() {
		return nil
	}
	err = n.fold(b, call)
	if n.left = errors.Is(err, limit.ErrExceeded) && b.Err() == nil; n.left {
		return nil
	}
	return err
}

// Clone copies nodes and values, so that passes and Infer may change the copy.
// Constants' data is shared. Its error is that of b's context.
func (g *Graph) Clone(b *limit.Budget) (*Graph, error) {
	values := map[*Value]*Value{nil: nil}
	nodes := map[*Node]*Node{nil: nil}
	for _, n := range g.Nodes {
		if err := b.Err(); err != nil {
			return nil, err
		}
		nodes[n] = n.With(n.Attrs, nil, nil)
		if n.Pre != nil {
			nodes[n.Pre] = n.Pre.With(n.Pre.Attrs, nil, nil)
		}
	}
	value := func(v *Value) *Value {
		c, ok := values[v]
		if !ok {
			c = &Value{Name: v.Name, Type: v.Type, Def: nodes[v.Def], Unfolded: v.Unfolded, stored: v.stored}
			values[v] = c
		}
		return c
	}
	list := func(vs []*Value) []*Value {
		out := make([]*Value, len(vs))
		for i, v := range vs {
			out[i] = value(v)
		}
		return out
	}
	c := &Graph{Name: g.Name, Inputs: list(g.Inputs), Reads: g.Reads, Stored: g.Stored, untyped: g.untyped}
	for _, d := range g.Defaults {
		c.Defaults = append(c.Defaults, Default{value(d.Value), d.Declared})
	}
	for _, n := range g.Nodes {
		if err := b.Err(); err != nil {
			return nil, err
		}
		for _, n := range []*Node{n.Pre, n} {
			if m := nodes[n]; m != nil {
				m.In, m.Out, m.Pre, m.Means = list(n.In), list(n.Out), nodes[n.Pre], value(n.Means)
				m.Post.Bias, m.Post.Residual = value(n.Post.Bias), value(n.Post.Residual)
			}
		}
		c.Nodes = append(c.Nodes, nodes[n])
	}
	for _, o := range g.Outputs {
		c.Outputs = append(c.Outputs, Output{o.Name, value(o.Value)})
	}
	return c, nil
}
