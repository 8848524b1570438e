package plan

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// layerNorm lowers LayerNormalization with known scale and bias.
func (p *planner) layerNorm(n *graph.Node) error {
	axis, err := resolve(n, (*ops.Call).Axis)
	if err != nil {
		return err
	}
	width := n.In[0].Type.Shape[axis:].Elements()
	scale, shift, err := scales(n, width)
	if err != nil {
		return err
	}
	return p.normRows(n, width, kernel.Norm{Scale: scale, Shift: shift})
}

// instanceNorm lowers InstanceNormalization with known scale and bias: every
// channel is a row.
func (p *planner) instanceNorm(n *graph.Node) error {
	scale, shift, err := scales(n, n.In[0].Type.Shape[1])
	if err != nil {
		return err
	}
	return p.normRows(n, n.In[0].Type.Shape[2:].Elements(), kernel.Norm{Scale: scale, Shift: shift, Runs: 1})
}

// groupNorm lowers GroupNormalization with known scale and bias: every group is a
// row, in which each channel has its own scale. If all channels are one group, a
// row is a picture, in whatever order.
func (p *planner) groupNorm(n *graph.Node) error {
	shape, groups := n.In[0].Type.Shape, int(n.Attrs.Int("num_groups", 1))
	scale, shift, err := scales(n, shape[1])
	if err != nil {
		return err
	}
	k := kernel.Norm{Scale: scale, Shift: shift, Runs: shape[1] / groups}
	if groups > 1 || !p.layout[n.Out[0]].picture {
		return p.normRows(n, shape[1:].Elements()/groups, k)
	}
	in, err := p.image(n.In[0])
	if err != nil {
		return err
	}
	dense := func(to *Place) bool { return to.pixel() == shape[1] }
	if !dense(in) {
		return p.normRows(n, shape[1:].Elements(), k)
	}
	k.Runs = 0
	picture := func(of *Place) *Place {
		width := shape[1:].Elements()
		return of.view(0, []int{shape[0], width}, []int{width, 1})
	}
	return p.norm(n, picture(in), picture(p.writeIn(n.Out[0], channelsLast(shape), dense)), k)
}

// scales are n's scale and bias, of so many values each.
func scales(n *graph.Node, values int) (scale, shift []float32, err error) {
	scale, ok := floatsOf(n.In[1])
	shift, ok2 := bias(optional(n.In, 2), values)
	if !ok || !ok2 || len(scale) != values || len(shift) != values || len(n.Out) != 1 {
		return nil, nil, errNoKernel
	}
	return scale, shift, nil
}

// normRows is norm of rows of width elements.
func (p *planner) normRows(n *graph.Node, width int, k kernel.Norm) error {
	in, out, err := p.betweenRows(n, width)
	if err != nil {
		return err
	}
	return p.norm(n, in, out, k)
}

// norm appends k for the rows of in and out.
func (p *planner) norm(n *graph.Node, in, out *Place, k kernel.Norm) error {
	k.Rows, k.N, k.InRow, k.OutRow = in.dims[0], in.dims[1], in.strides[0], out.strides[0]
	k.Epsilon = float64(n.Attrs.Float("epsilon", 1e-5))
	p.plan.scratch = max(p.plan.scratch, k.ScratchSize())
	p.step(n, "norm", []*Place{in}, []*Place{out}, func(mem *memory) kernel.Job {
		k := k
		k.In, k.Out, k.Work = mem.floats(in), mem.floats(out), mem.workspace
		return k.Bind(p.plan.set)
	})
	return nil
}
