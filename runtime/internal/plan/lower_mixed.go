package plan

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/fuse"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// mixed lowers MDConv and depthwise Conv, which is an MDConv of one group, with the
// convolution in front and the means, if they are its to compute.
func (p *planner) mixed(n *graph.Node) error {
	if !fuse.Mixed(n) {
		return errNoKernel
	}
	from := n.Pre
	k, err := p.mixedKernel(n, from)
	if err != nil {
		return err
	}
	name := "mdconv"
	if n.Is(op.Conv) {
		name = "depthwise"
	}
	if from != nil {
		name = "expand+" + name
	}
	o, err := p.mixedOperands(n, from)
	if err != nil {
		return err
	}
	p.plan.scratch = max(p.plan.scratch, k.ScratchSize(p.plan.set))
	writes, means, parts := []*Place{o.out}, (*Place)(nil), (*Place)(nil)
	if n.Means != nil {
		means = p.writeIn(n.Means, p.order(n.Means), (*Place).isPlain)
		if parts = means; k.Bands() > 1 { // each band of rows has sums of its own
			parts = p.fresh(tensor.Shape{k.In.N, k.In.C, k.Bands(), 1})
		}
		writes, name = append(writes, parts), name+"+mean"
	}
	p.step(n, name, o.reads(), writes, func(mem *memory) kernel.Job {
		k := k
		k.Out, k.Finish, k.Work = o.out.image(mem), o.finish(n, mem), mem.workspace
		if parts != nil {
			k.Means = kernel.Image{Data: mem.floats(parts), Pixel: k.In.C}
		}
		if k.Expand == nil {
			k.In = o.in.image(mem)
			return k.Bind(p.plan.set)
		}
		e := *k.Expand
		e.In = o.picture(mem)
		k.Expand = &e
		return k.Bind(p.plan.set)
	})
	if from != nil {
		p.plan.Steps[len(p.plan.Steps)-1].MACs += macs(from)
	}
	if parts != means {
		p.pool(graph.NewNode(n.Means.Name, op.GlobalAveragePool, nil, nil, nil), parts, means, 1)
	}
	return nil
}

// mixedOperands are the places of n, whose picture from computes on the way if
// that is not nil.
func (p *planner) mixedOperands(n, from *graph.Node) (o operands, err error) {
	if from == nil {
		return p.convOperands(n)
	}
	if c, _ := geometry(from); !fuse.Pointwise(from, c) {
		o.in, o.planar = p.planar(from, c)
	} else if o.in, err = p.image(from.In[0]); err != nil {
		return o, err
	}
	o.out = p.writeImage(n.Out[0])
	return o, nil
}

// mixedKernel is n's kernel with shapes and weights, but no memory yet; from is
// the convolution that it computes on the way, or nil.
func (p *planner) mixedKernel(n, from *graph.Node) (k kernel.Mixed, err error) {
	k.In, k.Out = fuse.ImageOf(n.In[0]), fuse.ImageOf(n.Out[0])
	call, err := n.Call()
	if err != nil {
		return k, err
	}
	m := ops.Mixed{Split: []int{k.In.C}}
	if n.Is(op.Conv) {
		c, err := ops.ConvOf(call)
		if err != nil {
			return k, err
		}
		m.Groups = []ops.Conv{c}
	} else if m, err = ops.MDConvOf(call); err != nil {
		return k, err
	}
	weights := n.In[1 : 1+len(m.Groups)]
	for i, c := range m.Groups {
		if !weights[i].KnownFloats() {
			return k, errNoKernel
		}
		k.Groups = append(k.Groups, kernel.MixedGroup{Channels: m.Split[i], Window: fuse.Window(c)})
	}
	biasOf := optional(n.In, 1+len(m.Groups))
	b, ok := bias(biasOf, k.In.C)
	if !ok {
		return k, errNoKernel
	}
	if from == nil {
		k.Panels = p.packs.mixed(p.plan.set, weights, k.Groups, 0, biasOf, b)
		return k, nil
	}
	c, err := geometry(from)
	if err != nil {
		return k, err
	}
	part := k.In.C / c.Group
	k.Panels = p.packs.mixed(p.plan.set, weights, k.Groups, part, biasOf, b)
	biasOf = optional(from.In, 2)
	b, _ = bias(biasOf, k.In.C)
	e := p.packs.expand(p.plan.set, from.In[1], biasOf, b, k.Panels, weights, part)
	e.Groups, e.Act, e.In = c.Group, from.Post.Act, fuse.ImageOf(from.In[0])
	if e.Planar = !fuse.Pointwise(from, c); e.Planar {
		e.Window = fuse.Window(c)
		p.plan.pieces = max(p.plan.pieces, e.MaxPieces())
	}
	k.Expand = &e
	return k, nil
}
