package plan

import (
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// input gives a graph input its place: row-major, as callers hand it over.
func (p *planner) input(v *graph.Value) port {
	in := port{name: v.Name, dtype: v.Type.DType, shape: v.Type.Shape}
	if v.Type.DType != tensor.Float32 || !v.Type.Shape.Known() {
		in.slot = p.slot(v)
		return in
	}
	in.place = p.fresh(v.Type.Shape)
	in.place.strides = rowMajor(v.Type.Shape)
	p.at(v).place = in.place
	return in
}

// output connects a graph output: a value of the arena, a constant, or a slot.
func (p *planner) output(o graph.Output) port {
	out := port{name: o.Name, dtype: o.Value.Type.DType, shape: o.Value.Type.Shape, shares: !o.Value.Type.Dense()}
	place, err := p.read(o.Value)
	if err == nil {
		if nest, ok := kernel.NewNest(place.dims, rowMajor(place.dims), place.strides); ok {
			out.place, out.nest = place, nest
			return out
		}
	}
	out.slot = p.slot(o.Value)
	return out
}

// part is the plan's own share of a tensor of perhaps more pictures.
func (p *port) part(t *tensor.Tensor, from int) *tensor.Tensor {
	if from == 0 && (!p.shape.Known() || t.Shape.Equal(p.shape)) {
		return t
	}
	return t.Rows(from, p.shape[0])
}

// skip is how many elements of a tensor come before picture from.
func (p *port) skip(from int) int {
	if from == 0 {
		return 0
	}
	return from * p.shape[1:].Elements()
}

// slot numbers a value that is kept as a tensor, outside the arena.
func (p *planner) slot(v *graph.Value) int {
	l := p.at(v)
	if l.slot == 0 {
		p.plan.slots = append(p.plan.slots, v.Keep())
		l.slot = len(p.plan.slots)
	}
	return l.slot - 1
}
