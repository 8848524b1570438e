package plan

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// mixed lowers MDConv and depthwise Conv, which is an MDConv of one group. If
// a pointwise convolution was left to it, it computes that, too.
func (p *planner) mixed(n *graph.Node) error {
	k, err := p.mixedKernel(n)
	if err != nil {
		return err
	}
	name := "mdconv"
	if n.Is("Conv") {
		name = "depthwise"
	}
	from := p.expanding[n.In[0]]
	if from != nil {
		name = "expand+" + name
		if k.Expand, err = p.expansion(from, k.Groups); err != nil {
			return err
		}
	}
	o, err := p.mixedOperands(n, from)
	if err != nil {
		return err
	}
	p.plan.taps = max(p.plan.taps, k.MaxTaps())
	p.plan.scratch = max(p.plan.scratch, k.ScratchSize())
	if k.ByPlane() {
		for i := range k.Groups {
			k.Groups[i].Planes = p.packs.planes(p.plan.set, &k.Groups[i])
		}
	}
	p.step(n, name, o.reads(), []*Place{o.out}, func(mem *memory) kernel.Job {
		k := k
		k.Out, k.Finish, k.Taps, k.Scratch = o.out.image(mem), o.finish(n, mem), mem.taps, mem.scratch
		if k.Expand == nil {
			k.In = o.in.image(mem)
			return k.Bind(p.plan.set)
		}
		e := *k.Expand
		e.In = o.in.image(mem)
		k.Expand = &e
		return k.Bind(p.plan.set)
	})
	if from != nil {
		p.plan.Steps[len(p.plan.Steps)-1].MACs += macs(from)
	}
	return nil
}

// mixedOperands are the places of n, whose picture from computes on the way if
// that is not nil.
func (p *planner) mixedOperands(n, from *graph.Node) (o operands, err error) {
	if from == nil {
		return p.convOperands(n)
	}
	if o.in, err = p.image(from.In[0]); err == nil {
		o.out = p.writeAs(n.Out[0], isImage)
	}
	return o, err
}

// expansion is the pointwise convolution from as a part of the mixed one
// behind it, with everything but its picture.
func (p *planner) expansion(from *graph.Node, groups []kernel.MixedGroup) (*kernel.Expand, error) {
	c, err := geometry(from)
	if err != nil {
		return nil, err
	}
	e := &kernel.Expand{Act: from.Post.Act, Weights: p.packs.expand(p.plan.set, from.In[1], groups), Groups: c.Group}
	e.Bias, _ = bias(optional(from.In, 2), from.In[1].Type.Shape[0]) // conv has seen that it is known
	return e, nil
}

// mixedKernel is n's kernel with shapes, but no memory yet.
func (p *planner) mixedKernel(n *graph.Node) (k kernel.Mixed, err error) {
	k.In, k.Out = shapeOf(n.In[0]), shapeOf(n.Out[0])
	call, err := n.Call()
	if err != nil {
		return k, err
	}
	m := ops.Mixed{Split: []int{k.In.C}}
	if n.Is("Conv") {
		c, err := ops.ConvOf(call)
		if err != nil {
			return k, err
		}
		m.Groups = []ops.Conv{c}
	} else if m, err = ops.MDConvOf(call); err != nil {
		return k, err
	}
	for i, c := range m.Groups {
		w, ok := knownFloats(n.In[1+i])
		if !ok {
			return k, errNoKernel
		}
		k.Groups = append(k.Groups, kernel.MixedGroup{Channels: m.Split[i], Window: window(c), Weights: p.packs.depthwise(n.In[1+i], w)})
	}
	var ok bool
	if k.Bias, ok = bias(optional(n.In, 1+len(m.Groups)), k.In.C); !ok {
		return k, errNoKernel
	}
	return k, nil
}

// shapeOf is a value of rank 4 as a picture without data.
func shapeOf(v *graph.Value) kernel.Image {
	s := v.Type.Shape
	return kernel.Image{N: s[0], C: s[1], H: s[2], W: s[3], Pixel: s[1]}
}

// expands reports whether the pointwise convolution n can be left to the mixed
// convolution that alone reads its result.
func (p *planner) expands(n *graph.Node, c ops.Conv) bool {
	reader := p.readers[n.Out[0]]
	w := window(c)
	if reader == nil || p.targets[n.Out[0]] != nil || n.Post.Residual != nil || reader.Post.Residual != nil ||
		!floats(reader) || w.KH*w.KW != 1 || w.SH*w.SW != 1 || w.Top|w.Lft != 0 || !n.In[0].Type.Shape[2:].Equal(n.Out[0].Type.Shape[2:]) {
		return false
	}
	if reader.Is("Conv") {
		if rc, err := geometry(reader); err != nil || !isDepthwise(reader, rc) {
			return false
		}
	}
	k, err := p.mixedKernel(reader)
	return err == nil && k.CanExpand(p.plan.set, c.Group)
}

// singleReaders finds the values that one Conv or MDConv reads as its picture,
// and nothing else reads.
func singleReaders(g *graph.Graph) map[*graph.Value]*graph.Node {
	readers, uses := map[*graph.Value]*graph.Node{}, g.Uses()
	for _, n := range g.Nodes {
		if n.Is("Conv", "MDConv") && uses[n.In[0]] == 1 {
			readers[n.In[0]] = n
		}
	}
	return readers
}
