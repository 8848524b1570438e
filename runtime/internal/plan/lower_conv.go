package plan

import (
	"fmt"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/fuse"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/tensor"
)

// bias returns v's data, or zeros for n channels where v is absent.
func bias(v *graph.Value, n int) ([]float32, bool) {
	if v == nil {
		return make([]float32, n), true
	}
	return floatsOf(v)
}

// floatsOf returns a constant's data.
func floatsOf(v *graph.Value) ([]float32, bool) {
	if !v.KnownFloats() {
		return nil, false
	}
	return tensor.Data[float32](v.Keep()), true
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

// convOperands places n's input, residual and output as pictures.
func (p *planner) convOperands(n *graph.Node) (o operands, err error) {
	picture := n.In[0]
	if n.Pre.Is(op.Mul) {
		var factors *graph.Value
		picture, factors, _ = fuse.Gate(n.Pre)
		if o.scale, err = p.image(factors); err != nil {
			return o, err
		}
	}
	if o.in, err = p.image(picture); err != nil {
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
	if !fuse.Planar(n, c) {
		return nil, false
	}
	place, err := p.read(n.In[0])
	return place, err == nil && place.isPlain() && place.pixel() == 0
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
	c, ok := fuse.ConvOf(n)
	if !ok {
		return errNoKernel
	}
	if fuse.Depthwise(n, c) {
		return p.mixed(n)
	}
	b, _ := bias(optional(n.In, 2), n.In[1].Type.Shape[0])
	return p.dense(n, c, b)
}

func geometry(n *graph.Node) (ops.Conv, error) { return resolve(n, ops.ConvOf) }

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
	k := kernel.Conv{Window: fuse.Window(c), Bias: b, Planar: o.planar}
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
		k.Work = mem.workspace
		if o.scale != nil {
			k.Scale = kernel.Image{Data: mem.floats(o.scale), N: k.In.N, H: 1, W: 1, C: k.In.C, Pixel: o.scale.pixel()}
		}
		return k.Bind(p.plan.set)
	})
	return nil
}
