package plan

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/tensor"
)

// maxRuns is how many copies a Gather may take.
const maxRuns = 32

// indexRun is indices that ascend evenly.
type indexRun struct{ from, step, n int }

// gather lowers Gather by known indices: a view where they ascend evenly, else
// a copy for each run of them that does.
func (p *planner) gather(n *graph.Node) error {
	axis, err := resolve(n, (*ops.Call).Axis)
	if err != nil {
		return err
	}
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	runs, count := runsOf(n.In[1].Const(), in.dims[axis])
	if len(runs) == 0 || len(runs) > maxRuns {
		return errNoKernel
	}
	source := func(r indexRun) *Place {
		part := in.narrow(axis, r.from, r.n)
		part.strides[axis] *= r.step
		return part
	}
	picked := source(runs[0])
	if len(runs) > 1 {
		dims := in.dims.Clone()
		dims[axis] = count
		picked = p.fresh(dims)
		picked.strides = rowMajor(dims)
		at := 0
		for _, r := range runs {
			if err := p.copy(n, "copy", picked.narrow(axis, at, r.n), source(r)); err != nil {
				return err
			}
			at += r.n
		}
	}
	indices := n.In[1].Type.Shape
	out := picked.view(0, n.Out[0].Type.Shape, slices.Concat(picked.strides[:axis], scaled(rowMajor(indices), picked.strides[axis]), picked.strides[axis+1:]))
	p.at(n.Out[0]).place = out
	return nil
}

func scaled(list []int, factor int) []int {
	for i := range list {
		list[i] *= factor
	}
	return list
}

// runsOf cuts known indices of a dimension of size n into runs, and counts them.
func runsOf(t *tensor.Tensor, n int) (runs []indexRun, count int) {
	if t == nil {
		return nil, 0
	}
	for i := range t.Elements() {
		at := 0
		switch data := t.Data.(type) {
		case []int64:
			at = int(data[i])
		case []int32:
			at = int(data[i])
		default:
			return nil, 0
		}
		if at < 0 {
			at += n
		}
		last := len(runs) - 1
		switch {
		case last >= 0 && runs[last].n == 1 && at > runs[last].from:
			runs[last].step, runs[last].n = at-runs[last].from, 2
		case last >= 0 && runs[last].n > 1 && at == runs[last].from+runs[last].n*runs[last].step:
			runs[last].n++
		default:
			runs = append(runs, indexRun{at, 1, 1})
		}
	}
	return runs, t.Elements()
}

// expand makes the result a view that repeats the input.
func (p *planner) expand(n *graph.Node) error {
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	dims := n.Out[0].Type.Shape
	p.at(n.Out[0]).place = in.view(0, dims, in.broadcast(dims))
	return nil
}

// tile repeats the input along its dimensions.
func (p *planner) tile(n *graph.Node) error {
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	shape := n.Out[0].Type.Shape
	out := p.write(n.Out[0])
	repeated := func(place *Place, repeat func(stride, dim int) int) *Place {
		var dims, strides []int
		for i, d := range in.dims {
			dims = append(dims, shape[i]/d, d)
			strides = append(strides, repeat(place.strides[i], d), place.strides[i])
		}
		return place.view(0, dims, strides)
	}
	from := repeated(in, func(int, int) int { return 0 })
	to := repeated(out, func(stride, d int) int { return d * stride })
	return p.copy(n, "copy", to, from)
}
