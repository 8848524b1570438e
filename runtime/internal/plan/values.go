package plan

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// How a lowering gets the places that its operands are read from and its results
// are written to.

// read returns where v lies, in whatever order.
func (p *planner) read(v *graph.Value) (*Place, error) {
	if place := p.at(v).place; place != nil {
		return place, nil
	}
	t := v.Keep()
	if t == nil || t.DType != tensor.Float32 {
		return nil, errNoKernel
	}
	data := tensor.Data[float32](t)
	place := &Place{buf: &Buffer{dtype: tensor.Float32, size: len(data), data: data}, dims: t.Shape, strides: rowMajor(t.Shape)}
	p.at(v).place = place
	return place, nil
}

// image returns v as pictures, channels last, copied there if it lies
// otherwise.
func (p *planner) image(v *graph.Value) (*Place, error) {
	place, err := p.read(v)
	if err != nil || place.pixel() != 0 {
		return place, err
	}
	if len(place.dims) != 4 {
		return nil, errNoKernel
	}
	return p.copied(v, place, false)
}

// plain returns v in row-major order without gaps, copied if need be.
func (p *planner) plain(v *graph.Value) (*Place, error) {
	place, err := p.read(v)
	if err != nil || place.isPlain() {
		return place, err
	}
	return p.copied(v, place, true)
}

func (p *planner) copied(v *graph.Value, from *Place, plain bool) (*Place, error) {
	kept, strides, name := &p.at(v).images, natural(from.dims), "to channels last"
	if plain {
		kept, strides, name = &p.at(v).rows, rowMajor(from.dims), "to row-major"
	}
	if *kept != nil {
		return *kept, nil
	}
	to := p.fresh(from.dims)
	to.strides = strides
	if err := p.copy(graph.NewNode(v.Name, op.Identity, nil, nil, nil), name, to, from); err != nil {
		return nil, err
	}
	*kept = to
	return to, nil
}

// copy appends a step that copies from to to, of the same shape.
func (p *planner) copy(n *graph.Node, name string, to, from *Place) error {
	nest, ok := kernel.NewNest(to.dims, to.strides, from.strides)
	if !ok {
		return errNoKernel
	}
	p.step(n, name, []*Place{from}, []*Place{to}, func(mem *memory) kernel.Job {
		return kernel.Copy(nest, mem.floats(to), mem.floats(from))
	})
	return nil
}

// write returns where n's result v is to be written: where a Concat wants it,
// or in a buffer of its own.
func (p *planner) write(v *graph.Value) *Place {
	return p.writeIn(v, p.order(v), func(*Place) bool { return true })
}

// order is the order in which a value is stored by itself.
func (p *planner) order(v *graph.Value) []int {
	if p.layout[v].picture {
		return natural(v.Type.Shape)
	}
	return rowMajor(v.Type.Shape)
}

// writeIn is write with a given order for a buffer of its own, which v also
// gets if what a Concat wants does not fit.
func (p *planner) writeIn(v *graph.Value, strides []int, fits func(*Place) bool) *Place {
	place := p.at(v).target
	if place == nil || !fits(place) {
		p.at(v).target = nil
		place = p.fresh(v.Type.Shape)
		place.strides = strides
	}
	p.at(v).place = place
	return place
}

// writeLike is write in the order of one of the operands, for what works element
// by element.
func (p *planner) writeLike(v *graph.Value, operands ...*Place) *Place {
	strides := p.order(v)
	if !p.layout[v].picture {
		for _, o := range slices.Backward(operands) {
			if o.dims.Equal(v.Type.Shape) {
				strides = likeOrder(o.dims, o.strides)
			}
		}
	}
	return p.writeIn(v, strides, func(*Place) bool { return true })
}

// writeImage is write for kernels that make pictures: where a Concat wants
// something else, the result gets a buffer of its own and the Concat copies it.
func (p *planner) writeImage(v *graph.Value) *Place {
	return p.writeIn(v, channelsLast(v.Type.Shape), func(to *Place) bool { return to.pixel() != 0 })
}

// writeRows is write for kernels that make rows of n elements: row-major, but
// with gaps between rows if a Concat wants them. It returns the rows.
func (p *planner) writeRows(v *graph.Value, n int) *Place {
	out := p.writeIn(v, rowMajor(v.Type.Shape), func(to *Place) bool {
		_, ok := to.rows(n)
		return ok
	})
	rows, _ := out.rows(n)
	return rows
}

// rows returns v as rows of n neighbouring elements, copied if need be.
func (p *planner) rows(v *graph.Value, n int) (*Place, error) {
	place, err := p.read(v)
	if err != nil {
		return nil, err
	}
	if rows, ok := place.rows(n); ok {
		return rows, nil
	}
	if place, err = p.plain(v); err != nil {
		return nil, err
	}
	rows, ok := place.rows(n)
	if !ok {
		return nil, errNoKernel
	}
	return rows, nil
}

// fresh returns a place for dims in a new buffer, in natural order.
func (p *planner) fresh(dims tensor.Shape) *Place {
	b := &Buffer{dtype: tensor.Float32, size: dims.Elements(), first: -1, last: -1}
	p.plan.buffers = append(p.plan.buffers, b)
	return &Place{buf: b, dims: dims, strides: natural(dims)}
}

// resolve is what of makes of n's call.
func resolve[T any](n *graph.Node, of func(*ops.Call) (T, error)) (T, error) {
	call, err := n.Call()
	if err != nil {
		var none T
		return none, err
	}
	return of(call)
}
