package plan

import (
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// mixed lowers MDConv and depthwise Conv, which is an MDConv of one group. If
// a pointwise convolution was left to it, it computes that, too.
func (p *planner) mixed(n *graph.Node) error {
	from := p.expanding[n.In[0]]
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
	m := &mixedStep{bands: k.Bands()}
	p.step(n, name, o.reads(), []*Place{o.out}, func(mem *memory) kernel.Job {
		k := k
		k.Out, k.Finish, k.Scratch, k.Sums = o.out.image(mem), o.finish(n, mem), mem.scratch, mem.sums
		if m.means != nil {
			k.Means = kernel.Image{Data: mem.floats(m.means), Pixel: k.In.C}
		}
		if k.Expand == nil {
			k.In = o.in.image(mem)
			return k.Bind(p.plan.set)
		}
		e := *k.Expand
		e.In, e.Pieces = o.picture(mem), mem.pieces
		k.Expand = &e
		return k.Bind(p.plan.set)
	})
	m.Step = p.plan.Steps[len(p.plan.Steps)-1]
	p.means[n.Out[0]] = m
	if from != nil {
		m.MACs += macs(from)
	}
	return nil
}

// mixedStep is a step that can sum its channels on the way.
type mixedStep struct {
	*Step
	bands int
	means *Place // [N·bands][C]: where it does
}

// mixedOperands are the places of n, whose picture from computes on the way if
// that is not nil.
func (p *planner) mixedOperands(n, from *graph.Node) (o operands, err error) {
	if from == nil {
		return p.convOperands(n)
	}
	if c, _ := geometry(from); !pointwise(from, c) {
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
	k.In, k.Out = shapeOf(n.In[0]), shapeOf(n.Out[0])
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
		if !knownFloats(weights[i]) {
			return k, errNoKernel
		}
		k.Groups = append(k.Groups, kernel.MixedGroup{Channels: m.Split[i], Window: window(c)})
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
	b, _ = bias(biasOf, k.In.C) // conv has seen that it is known
	e := p.packs.expand(p.plan.set, from.In[1], biasOf, b, k.Panels, weights, part)
	e.Groups, e.Act, e.In = c.Group, from.Post.Act, shapeOf(from.In[0])
	if e.Planar = !pointwise(from, c); e.Planar {
		e.Window = window(c)
		p.plan.pieces = max(p.plan.pieces, e.MaxPieces())
	}
	k.Expand = &e
	return k, nil
}

// shapeOf is a value of rank 4 as a picture without data.
func shapeOf(v *graph.Value) kernel.Image {
	s := v.Type.Shape
	return kernel.Image{N: s[0], C: s[1], H: s[2], W: s[3], Pixel: s[1]}
}

// expands reports whether the convolution n, pointwise or of a planar picture,
// can be left to the mixed convolution that alone reads its result.
func (p *planner) expands(n *graph.Node, c ops.Conv) bool {
	reader := p.readers[n.Out[0]]
	if reader == nil || p.targets[n.Out[0]] != nil || n.Post.Residual != nil || reader.Post.Residual != nil ||
		!floats(reader) {
		return false
	}
	if _, planar := p.planar(n, c); !planar && !pointwise(n, c) {
		return false
	}
	if reader.Is(op.Conv) {
		if rc, err := geometry(reader); err != nil || !isDepthwise(reader, rc) {
			return false
		}
	}
	for i := 1; i < len(reader.In); i++ { // what mixedKernel would refuse
		if reader.In[i] != nil && !reader.In[i].Known() {
			return false
		}
	}
	return true
}

// pointwise reports whether the Conv n reads, for every output pixel, just the
// input pixel of the same place.
func pointwise(n *graph.Node, c ops.Conv) bool {
	w := window(c)
	return w.KH*w.KW == 1 && w.SH*w.SW == 1 && w.Top|w.Lft == 0 && n.In[0].Type.Shape[2:].Equal(n.Out[0].Type.Shape[2:])
}

// singleReaders finds the values that one Conv or MDConv reads as its picture,
// and nothing else reads.
func singleReaders(g *graph.Graph) map[*graph.Value]*graph.Node {
	readers, uses := map[*graph.Value]*graph.Node{}, g.Uses()
	for _, n := range g.Nodes {
		if n.Is(op.Conv, op.MDConv) && uses[n.In[0]] == 1 {
			readers[n.In[0]] = n
		}
	}
	return readers
}
