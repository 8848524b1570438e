package runtime

import (
	"context"
	"fmt"

	"github.com/mixconv/mixconv/errs"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// Separates returns nil if, for inputs of these shapes, picture i of every output depends
// on picture i of the inputs alone: whoever joins inputs of several callers to a batch may
// then part its outputs again. A picture is an entry of the first dimension, which all
// inputs have in common. Otherwise the error says what stands against it. This is proved
// from the graph, so what is not known to be so is an error too.
func (s *Session) Separates(ctx context.Context, shapes Shapes) (err error) {
	defer errs.Recover(&err)
	var list []tensor.Shape
	for _, v := range s.typed.Inputs {
		shape := shapes[v.Name]
		if len(shape) == 0 || !shape.Known() || !accepts(shape, v.Type.Shape) {
			return fmt.Errorf("input %s: the model takes %s %s, given %s", errs.Quote(v.Name), v.Type.DType, v.Type.Shape, shape)
		}
		if declared := v.Type.Shape; declared != nil && declared[0] != tensor.Unknown {
			return fmt.Errorf("input %s: its first dimension is always %d", errs.Quote(v.Name), declared[0])
		}
		list = append(list, shape)
	}
	if commonBatch(list) == 0 {
		return fmt.Errorf("the inputs have no first dimension in common")
	}
	g := s.passed
	if g == nil {
		g = s.typed
	}
	var want []int
	for i := range s.typed.Outputs {
		want = append(want, i)
	}
	one, err := s.separated(ctx, g, list, 1, want)
	if err != nil {
		return err
	}
	two, err := s.separated(ctx, g, list, 2, want)
	if err != nil {
		return err
	}
	return graph.Separable(two, one)
}

// separated is g for so many pictures of these shapes.
func (s *Session) separated(ctx context.Context, g *graph.Graph, shapes []tensor.Shape, pictures int, want []int) (*graph.Graph, error) {
	return s.specialise(s.budget(ctx), g, withBatch(shapes, pictures), want)
}
