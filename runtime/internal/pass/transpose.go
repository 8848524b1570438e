package pass

import (
	"slices"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// transposes walks forward once: a Transpose of a Transpose becomes one, and
// one that undoes another disappears; an operator whose inputs are transposed
// alike works on what lies before the Transpose, which then follows it.
func transposes(b *limit.Budget, g *graph.Graph) (bool, error) {
	return edit(b, g, func(e *editor, n *graph.Node) ([]*graph.Node, error) {
		if perm := n.Perm(); perm != nil {
			return mergeTranspose(e, n, perm), nil
		}
		s := sinking{e: e, n: n}
		return s.sink(), nil
	})
}

func mergeTranspose(e *editor, n *graph.Node, perm []int) []*graph.Node {
	if isIdentity(perm) {
		e.instead[n.Out[0]] = n.In[0]
		return []*graph.Node{}
	}
	first := n.In[0].Def.Perm()
	if first == nil {
		return nil
	}
	source := n.In[0].Def.In[0]
	merged := permute(first, perm)
	if isIdentity(merged) {
		e.instead[n.Out[0]] = e.instead.Of(source)
		return []*graph.Node{}
	}
	return []*graph.Node{transpose(n.Name, source, n.Out[0], merged)}
}

func isIdentity(perm []int) bool {
	for i, p := range perm {
		if i != p {
			return false
		}
	}
	return true
}

// permute returns list reordered: result[i] = list[perm[i]].
func permute[T any](list []T, perm []int) []T {
	out := make([]T, len(perm))
	for i, p := range perm {
		out[i] = list[p]
	}
	return out
}

func invert(perm []int) []int {
	inv := make([]int, len(perm))
	for i, p := range perm {
		inv[p] = i
	}
	return inv
}

// transpose returns a Transpose node that makes out from in.
func transpose(name string, in, out *graph.Value, perm []int) *graph.Node {
	p := make([]int64, len(perm))
	for i, v := range perm {
		p[i] = int64(v)
	}
	return graph.NewNode(name, op.Transpose, ops.Attrs{"perm": p}, []*graph.Value{in}, []*graph.Value{out})
}

// sinking is one attempt to move Transposes from the inputs of n to its
// outputs.
type sinking struct {
	e    *editor
	n    *graph.Node
	perm []int // what every transposed input was permuted by
}

func (s *sinking) sink() []*graph.Node {
	n := s.n
	elementwise := n.Has(ops.Elementwise)
	axis := n.Is(op.Split, op.Concat)
	if !elementwise && !axis || n.Post != (graph.Epilogue{}) {
		return nil
	}
	data := n.In
	if n.Has(ops.Unary) || n.Is(op.Split) {
		data = n.In[:1]
	}
	in, ok := s.before(data, elementwise)
	if !ok {
		return nil
	}
	attrs := n.Attrs
	if axis {
		attrs = with(attrs, "axis", int64(s.axis()))
	}
	var out []*graph.Value
	var behind []*graph.Node
	for _, v := range n.Out {
		inner := &graph.Value{Name: v.Name + "/untransposed", Type: v.Type}
		inner.Type.Shape = permute(v.Type.Shape, invert(s.perm))
		out, behind = append(out, inner), append(behind, transpose(v.Name+"/transpose", inner, v, s.perm))
	}
	moved := n.With(attrs, append(in, n.In[len(data):]...), out)
	return append([]*graph.Node{moved}, behind...)
}

// axis is where n's axis lies before the Transpose.
func (s *sinking) axis() int {
	axis := int(s.n.Attrs.Int("axis", 0))
	if axis < 0 {
		axis += len(s.perm)
	}
	return s.perm[axis]
}

// before returns what n's data inputs are before their Transposes, all of
// which must be alike. Constants of an element-wise operator are transposed
// here and now.
func (s *sinking) before(data []*graph.Value, elementwise bool) ([]*graph.Value, bool) {
	for _, v := range data {
		if perm := v.Def.Perm(); perm != nil {
			if s.perm != nil && !slices.Equal(s.perm, perm) {
				return nil, false
			}
			s.perm = perm
		}
	}
	if s.perm == nil {
		return nil, false
	}
	in := make([]*graph.Value, len(data))
	for i, v := range data {
		switch {
		case v.Def.Perm() != nil:
			in[i] = v.Def.In[0]
		case elementwise && v.Known() && len(v.Type.Shape) <= len(s.perm):
			c, ok := untranspose(v, s.perm)
			if !ok {
				return nil, false
			}
			in[i] = c
		default:
			return nil, false
		}
	}
	return in, true
}

// untranspose permutes a constant that broadcasts against a transposed value.
// Only vectors along one dimension and scalars are taken: their data stays as
// it is.
func untranspose(v *graph.Value, perm []int) (*graph.Value, bool) {
	full := make(tensor.Shape, len(perm))
	wide := 0
	for i := range full {
		full[i] = 1
		if j := i - (len(full) - len(v.Type.Shape)); j >= 0 {
			full[i] = v.Type.Shape[j]
		}
		if full[i] != 1 {
			wide++
		}
	}
	if wide > 1 {
		return nil, false
	}
	return graph.Constant(v.Name, v.Const().Reshape(permute(full, invert(perm))...)), true
}
