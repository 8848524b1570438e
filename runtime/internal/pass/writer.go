package pass

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// writer collects the nodes that take n's place.
type writer struct {
	n    *graph.Node
	list []*graph.Node
	err  error
}

func (a *writer) value(suffix string, shape tensor.Shape) *graph.Value {
	return &graph.Value{Name: a.n.Name + suffix, Type: ops.Type{DType: tensor.Float32, Shape: shape}}
}

func (a *writer) add(name string, out *graph.Value, attrs ops.Attrs, in ...*graph.Value) {
	op, version, err := ops.Lookup("", name, 14)
	if err != nil {
		a.err = err
		return
	}
	m := &graph.Node{Name: a.n.Name + "/" + name, Op: op, Version: version, Attrs: attrs, In: in}
	take(m, out)
	a.list = append(a.list, m)
}
