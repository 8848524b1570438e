package plan

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// softmax lowers Softmax along the last dimensions, or another.
func (p *planner) softmax(n *graph.Node) error {
	shape := n.In[0].Type.Shape
	call, err := n.Call()
	if err != nil {
		return err
	}
	from, to, err := ops.SoftmaxOf(call)
	if err != nil {
		return err
	}
	width := shape[from:to].Elements()
	between := p.betweenRows
	if to != len(shape) {
		between = func(n *graph.Node, width int) (in, out *Place, err error) { return p.betweenColumns(n, from) }
	}
	in, out, err := between(n, width)
	if err != nil {
		return err
	}
	k := kernel.Softmax{Rows: in.dims[0], N: width, InRow: in.strides[0], OutRow: out.strides[0]}
	p.plan.scratch = max(p.plan.scratch, k.ScratchSize())
	p.step(n, "softmax", []*Place{in}, []*Place{out}, func(mem *memory) kernel.Job {
		k := k
		k.In, k.Out, k.Work = mem.floats(in), mem.floats(out), mem.workspace
		return k.Bind(p.plan.set)
	})
	return nil
}

// betweenRows places n's first input and its result as rows of width elements.
func (p *planner) betweenRows(n *graph.Node, width int) (in, out *Place, err error) {
	if in, err = p.rows(n.In[0], width); err != nil {
		return nil, nil, err
	}
	return in, p.writeRows(n.Out[0], width), nil
}

// betweenColumns is betweenRows along another dimension: the input is copied so
// that it is the last one, and the result lies so, too.
func (p *planner) betweenColumns(n *graph.Node, axis int) (in, out *Place, err error) {
	place, err := p.read(n.In[0])
	if err != nil {
		return nil, nil, err
	}
	perm := make([]int, 0, len(place.dims))
	for d := range place.dims {
		if d != axis {
			perm = append(perm, d)
		}
	}
	order := permuted(place.dims, append(perm, axis))
	transposed := func() *Place {
		to := p.fresh(place.dims)
		to.strides = order
		return to
	}
	from, to := place, transposed()
	if !sameOrder(place.dims, place.strides, order) {
		from = transposed()
		if err := p.copy(n, "copy", from, place); err != nil {
			return nil, nil, err
		}
	}
	p.at(n.Out[0]).place = to
	width := place.dims[axis]
	rows := func(from *Place) *Place {
		return from.view(0, []int{place.dims.Elements() / width, width}, []int{width, 1})
	}
	return rows(from), rows(to), nil
}
