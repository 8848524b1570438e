package runtime

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// field is the receptive field of a value's elements.
type field struct {
	size  []int // for each spatial dimension; nil: not known, or the whole
	jump  []int // how far two neighbours are apart in the input
	whole bool
}

// inputField is that of an input [N,C,spatial…].
func inputField(shape tensor.Shape) field {
	if len(shape) < 3 {
		return field{}
	}
	ones := slices.Repeat([]int{1}, len(shape)-2)
	return field{size: ones, jump: ones}
}

// mostField bounds sizes: a file's strides multiply.
const mostField = 1 << 30

// field is that of a node's results.
func (l *layering) field(n *graph.Node, windows []Window) field {
	f := l.largest(n)
	switch {
	case f.whole || f.size == nil:
		return f
	case len(windows) > 0:
		return f.through(windows)
	case n.Is(op.GlobalAveragePool, op.GlobalMaxPool, op.GlobalLpPool):
		return field{whole: true}
	}
	in, out := spatial(n.In[0]), spatial(firstOut(n))
	switch {
	case n.Op.Has(ops.Elementwise), slices.Equal(in, out) && n.Is(op.Split, op.Concat, op.Slice, op.BatchNormalization):
		return f
	case n.Op.Has(ops.Reduces), out == nil && in != nil: // over places, or a list of them
		return field{whole: true}
	}
	return field{}
}

func firstOut(n *graph.Node) *graph.Value {
	if len(n.Out) == 0 {
		return nil
	}
	return n.Out[0]
}

// spatial are the dimensions behind the channels, nil if there are none.
func spatial(v *graph.Value) tensor.Shape {
	if v == nil || len(v.Type.Shape) < 3 {
		return nil
	}
	return v.Type.Shape[2:]
}

// largest joins the fields of a node's inputs, of several those that have the most
// places: a gate has one.
func (l *layering) largest(n *graph.Node) field {
	var best field
	places := -1
	for _, v := range n.In {
		f, ok := l.fields[v]
		if v == nil || v.Known() || !ok {
			continue
		}
		count := max(0, spatial(v).Elements())
		switch {
		case count > places:
			best, places = f, count
		case count == places:
			best = best.join(f)
		}
	}
	return best
}

func (f field) join(o field) field {
	if f.whole || o.whole || len(f.size) != len(o.size) {
		return field{whole: f.whole || o.whole}
	}
	joined := field{size: slices.Clone(f.size), jump: slices.Clone(f.jump)}
	for i := range joined.size {
		joined.size[i], joined.jump[i] = max(f.size[i], o.size[i]), max(f.jump[i], o.jump[i])
	}
	return joined
}

// through is the field behind windows, of several the largest.
func (f field) through(windows []Window) field {
	next := field{size: make([]int, len(f.size)), jump: make([]int, len(f.size))}
	for _, w := range windows {
		if len(w.Kernel) != len(f.size) {
			return field{}
		}
		for i := range f.size {
			reach := float64(f.size[i]) + float64(w.Kernel[i]-1)*float64(w.Dilation[i])*float64(f.jump[i])
			next.size[i] = max(next.size[i], tensor.IntWithin(reach, 1, mostField))
			next.jump[i] = tensor.IntWithin(float64(f.jump[i])*float64(w.Stride[i]), 1, mostField)
		}
	}
	return next
}

func unknownShape(name string, g *graph.Graph) error {
	var names []string
	for _, v := range g.Inputs {
		names = append(names, v.Name)
	}
	return fmt.Errorf("input %s: the model has no such input, allowed are %q", errs.Quote(name), names)
}

// PlanBytes is the memory that a run takes for the values between its steps, for inputs of
// these shapes, as Fallbacks has them; 0 for the reference engine. Values of a shape that
// only a run tells are not counted.
func (s *Session) PlanBytes(shapes ...Shapes) (int64, error) {
	s, named, err := s.naming(shapes)
	if err != nil {
		return 0, err
	}
	_, stages, _, err := s.declared(named)
	if err != nil {
		return 0, err
	}
	var most int64
	for _, p := range stages {
		most = max(most, p.plan.Arena())
	}
	return most, nil
}
