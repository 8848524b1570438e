package plan

import (
	"fmt"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// knownFloats reports whether v is a float32 constant.
func knownFloats(v *graph.Value) bool { return v.Known() && v.Type.DType == tensor.Float32 }

// bias returns v's data, or zeros for n channels where v is absent.
func bias(v *graph.Value, n int) ([]float32, bool) {
	if v == nil {
		return make([]float32, n), true
	}
	return floatsOf(v)
}

// floatsOf returns a constant's data.
func floatsOf(v *graph.Value) ([]float32, bool) {
	if !knownFloats(v) {
		return nil, false
	}
	return tensor.Data[float32](v.Keep()), true
}

func window(c ops.Conv) kernel.Window {
	return kernel.Window{KH: c.Kernel[0], KW: c.Kernel[1], SH: c.Stride[0], SW: c.Stride[1],
		DH: c.Dilation[0], DW: c.Dilation[1], Top: c.PadBegin[0], Lft: c.PadBegin[1]}
}

// operands are the places of a convolution.
type operands struct {
	in, out, residual, scale *Place
	planar                   bool // in is row-major
}

// picture is in as a kernel reads it.
func (o operands) picture(mem *memory) kernel.Image {
	if !o.planar {
		return o.in.image(mem)
	}
	d := o.in.dims
	return kernel.Image{Data: mem.floats(o.in), N: d[0], H: d[2], W: d[3], C: d[1], Pixel: d[1]}
}

// gate is the product of a picture and one factor per channel.
type gate struct{ picture, scale *Place }

// convOperands places n's input, residual and output as pictures.
func (p *planner) convOperands(n *graph.Node) (o operands, err error) {
	if g, ok := p.gated[n.In[0]]; ok {
		o.in, o.scale = g.picture, g.scale
	} else if o.in, err = p.image(n.In[0]); err != nil {
		return o, err
	}
	if n.Post.Residual != nil {
		if o.residual, err = p.image(n.Post.Residual); err != nil {
			return o, err
		}
	}
	o.out = p.writeImage(n.Out[0])
	return o, nil
}

// denseOperands is convOperands, but for a picture of few channels that lies as
// it came from outside, and can be read there.
func (p *planner) denseOperands(n *graph.Node, c ops.Conv) (o operands, err error) {
	place, ok := p.planar(n, c)
	if !ok {
		return p.convOperands(n)
	}
	return operands{in: place, planar: true, out: p.writeImage(n.Out[0])}, nil
}

// planar returns where n's picture lies if it can be read as it came.
func (p *planner) planar(n *graph.Node, c ops.Conv) (*Place, bool) {
	k := kernel.Conv{Window: window(c), In: shapeOf(n.In[0]), Out: shapeOf(n.Out[0]), Weights: make([]kernel.Packed, c.Group)}
	k.Weights[0].Rows = k.Out.C / c.Group
	place, err := p.read(n.In[0])
	return place, err == nil && n.Post.Residual == nil && place.isPlain() && place.pixel() == 0 && k.CanPlanar()
}

func (o operands) reads() []*Place {
	reads := []*Place{o.in}
	for _, place := range []*Place{o.residual, o.scale} {
		if place != nil {
			reads = append(reads, place)
		}
	}
	return reads
}

func (o operands) finish(n *graph.Node, mem *memory) kernel.Finish {
	f := kernel.Finish{Act: n.Post.Act}
	if o.residual != nil {
		f.Residual = o.residual.image(mem)
	}
	return f
}

// conv lowers Conv in two dimensions with known weights: depthwise, or a
// matrix product per group.
func (p *planner) conv(n *graph.Node) error {
	x, wv := n.In[0].Type.Shape, n.In[1]
	if !knownFloats(wv) || len(x) != 4 {
		return errNoKernel
	}
	c, err := geometry(n)
	if err != nil {
		return err
	}
	if wide(c) {
		return errNoKernel
	}
	b, ok := bias(optional(n.In, 2), wv.Type.Shape[0])
	switch {
	case !ok:
		return errNoKernel
	case isDepthwise(n, c):
		return p.mixed(n)
	case p.expands(n, c):
		p.expanding[n.Out[0]] = n
		return nil
	}
	return p.dense(n, c, b)
}

// wide reports whether a window is far larger than any network's. The kernels look at
// no context inside a task, of which one is a few rows; the reference loops do.
func wide(c ops.Conv) bool { return tensor.Shape(c.Kernel).Elements() > 1<<14 }

func geometry(n *graph.Node) (ops.Conv, error) { return resolve(n, ops.ConvOf) }

func isDepthwise(n *graph.Node, c ops.Conv) bool {
	channels := n.In[0].Type.Shape[1]
	return c.Group == channels && n.In[1].Type.Shape[0] == channels && c.Group > 1
}

func optional(list []*graph.Value, i int) *graph.Value {
	if i < len(list) {
		return list[i]
	}
	return nil
}

func (p *planner) dense(n *graph.Node, c ops.Conv, b []float32) error {
	o, err := p.denseOperands(n, c)
	if err != nil {
		return err
	}
	k := kernel.Conv{Window: window(c), Bias: b, Planar: o.planar}
	k.Weights = p.packs.conv(p.plan.set, n.In[1], c.Group, o.planar)
	// Shapes alone decide the scratch that a worker needs.
	k.In, k.Out = o.picture(nil), o.out.image(nil)
	p.plan.scratch = max(p.plan.scratch, k.ScratchSize(p.plan.set, o.scale != nil))
	p.plan.pieces = max(p.plan.pieces, k.MaxPieces())
	name := fmt.Sprintf("conv %dx%d", c.Kernel[0], c.Kernel[1])
	if o.scale != nil {
		name = "scale+" + name
	}
	p.step(n, name, o.reads(), []*Place{o.out}, func(mem *memory) kernel.Job {
		k := k
		k.In, k.Out, k.Finish = o.picture(mem), o.out.image(mem), o.finish(n, mem)
		k.Scratch, k.Pieces = mem.scratch, mem.pieces
		if o.scale != nil {
			k.Scale = kernel.Image{Data: mem.floats(o.scale), N: k.In.N, H: 1, W: 1, C: k.In.C, Pixel: o.scale.pixel()}
		}
		return k.Bind(p.plan.set)
	})
	return nil
}
