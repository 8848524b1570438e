package plan

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/fuse"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// windowPool lowers MaxPool and AveragePool in two dimensions.
func (p *planner) windowPool(n *graph.Node) error {
	if len(n.In[0].Type.Shape) != 4 {
		return errNoKernel
	}
	c, err := resolve(n, ops.PoolOf)
	if err != nil {
		return err
	}
	if fuse.Wide(c) {
		return errNoKernel
	}
	in, err := p.image(n.In[0])
	if err != nil {
		return err
	}
	k, name := kernel.WindowPool{Window: fuse.Window(c)}, "max pool"
	if n.Is(op.AveragePool) {
		padded := n.Attrs.Int("count_include_pad", 0) != 0
		k.Rows, k.Cols, name = counts(c, 0, in.dims[2], padded), counts(c, 1, in.dims[3], padded), "average pool"
	}
	out := p.writeImage(n.Out[0])
	p.step(n, name, []*Place{in}, []*Place{out}, func(mem *memory) kernel.Job {
		k := k
		k.In, k.Out = in.image(mem), out.image(mem)
		return k.Bind(p.plan.set)
	})
	return nil
}

// counts is how many places of each window along an axis of size n a mean is
// over: those within the picture, or the padding that was asked for, too.
func counts(c ops.Conv, axis, n int, padded bool) []int {
	list := make([]int, c.Out[2+axis])
	least, end := 0, n
	if padded {
		least, end = -c.PadBegin[axis], n+c.PadEnd[axis]-c.Beyond[axis]
	}
	for i := range list {
		for k := range c.Kernel[axis] {
			if at := i*c.Stride[axis] - c.PadBegin[axis] + k*c.Dilation[axis]; at >= least && at < end {
				list[i]++
			}
		}
	}
	return list
}
