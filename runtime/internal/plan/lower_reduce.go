package plan

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/fuse"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// globalPool lowers the mean over height and width.
func (p *planner) globalPool(n *graph.Node) error {
	in, err := p.image(n.In[0])
	if err != nil {
		return err
	}
	out := p.write(n.Out[0])
	p.pool(n, in, out, in.dims[2]*in.dims[3])
	return nil
}

// pool adds the pixels of each picture and divides by area.
func (p *planner) pool(n *graph.Node, in, out *Place, area int) {
	p.step(n, "global pool", []*Place{in}, []*Place{out}, func(mem *memory) kernel.Job {
		to := kernel.Image{Data: mem.floats(out), N: in.dims[0], H: 1, W: 1, C: in.dims[1], Pixel: out.strides[0]}
		if in.dims[0] == 1 {
			to.Pixel = in.dims[1]
		}
		return kernel.Pool{In: in.image(mem), Out: to, Area: area, Work: mem.workspace}.Bind(p.plan.set)
	})
}

// reduceMean lowers the mean over height and width of pictures, or over any
// other neighbouring dimensions, with or without keeping them.
func (p *planner) reduceMean(n *graph.Node) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	axes, _, err := ops.ReduceMeanOf(call)
	if err != nil {
		return err
	}
	if fuse.MeanOfPictures(n) {
		return p.globalPool(n)
	}
	shape := n.In[0].Type.Shape
	if len(axes) == 0 || axes[len(axes)-1]-axes[0] != len(axes)-1 {
		return errNoKernel
	}
	return p.reduce(n, axes[0], axes[len(axes)-1]+1, shape[axes[0]:axes[len(axes)-1]+1].Elements())
}

// reduceSum lowers the sum over neighbouring dimensions.
func (p *planner) reduceSum(n *graph.Node) error {
	over, err := resolve(n, ops.ReducedAxes)
	if err != nil {
		return err
	}
	from := slices.Index(over, true)
	if from < 0 {
		return errNoKernel
	}
	to := from
	for to < len(over) && over[to] {
		to++
	}
	if slices.Contains(over[to:], true) {
		return errNoKernel
	}
	return p.reduce(n, from, to, 1)
}

// reduce sums over the dimensions from … to-1 and divides: those before are
// pictures, those behind channels.
func (p *planner) reduce(n *graph.Node, from, to, divisor int) error {
	shape := n.In[0].Type.Shape
	pictures := tensor.Shape{shape[:from].Elements(), shape[to:].Elements(), shape[from:to].Elements(), 1}
	place, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	in, ok := place.pictures(pictures)
	if !ok {
		if place, err = p.plain(n.In[0]); err != nil {
			return err
		}
		if in, ok = place.pictures(pictures); !ok {
			return errNoKernel
		}
	}
	out := p.writeRows(n.Out[0], pictures[1])
	p.pool(n, in, out, divisor)
	return nil
}

// pictures returns p, whose dimensions are pictures, pixels and channels in that
// order, as dims [N,C,H,1], if it can be read so.
func (p *Place) pictures(dims tensor.Shape) (*Place, bool) {
	v, ok := p.reshape([]int{dims[0], dims[2], dims[1]})
	if !ok {
		return nil, false
	}
	v = v.view(0, dims, []int{v.strides[0], v.strides[2], v.strides[1], v.strides[1]})
	return v, v.pixel() != 0
}
