package pass

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// writer collects the nodes that take n's place.
type writer struct {
	n    *graph.Node
	list []*graph.Node
}

func (a *writer) value(suffix string, shape tensor.Shape) *graph.Value {
	return &graph.Value{Name: a.n.Name + suffix, Type: ops.Type{DType: tensor.Float32, Shape: shape}}
}

func (a *writer) add(c op.Code, out *graph.Value, attrs ops.Attrs, in ...*graph.Value) {
	a.list = append(a.list, graph.NewNode(a.n.Name+"/"+c.String(), c, attrs, in, []*graph.Value{out}))
}
