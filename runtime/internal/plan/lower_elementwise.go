package plan

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/eval"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
	"github.com/mixconv/mixconv/runtime/internal/pass"
	"github.com/mixconv/mixconv/tensor"
)

// unary lowers an activation that no convolution took.
func (p *planner) unary(n *graph.Node) error {
	f, ok := pass.Activation(n)
	if !ok {
		return errNoKernel
	}
	return p.each(n, f.Kind.String(), func(nest kernel.Nest, dst, src []float32) kernel.Job {
		return kernel.Unary(p.plan.set, nest, dst, src, f)
	})
}

// mapped lowers a function of one variable that no kernel has in vectors, one
// element after the other.
func (p *planner) mapped(n *graph.Node) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	f, ok := eval.Function(call)
	if !ok {
		return errNoKernel
	}
	return p.each(n, n.Op.Name, func(nest kernel.Nest, dst, src []float32) kernel.Job {
		return kernel.Map(nest, dst, src, f)
	})
}

// each adds the step name, whose job makes n's result of its first input element
// by element.
func (p *planner) each(n *graph.Node, name string, job func(nest kernel.Nest, dst, src []float32) kernel.Job) error {
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	out := p.writeLike(n.Out[0], in)
	nest, ok := kernel.NewNest(out.dims, out.strides, in.strides)
	if !ok {
		return errNoKernel
	}
	p.step(n, name, []*Place{in}, []*Place{out}, func(mem *memory) kernel.Job {
		return job(nest, mem.floats(out), mem.floats(in))
	})
	return nil
}

var binaryOps = map[op.Code]kernel.BinaryOp{op.Add: kernel.Add, op.Sub: kernel.Sub, op.Mul: kernel.Mul, op.Div: kernel.Div, op.PRelu: kernel.PRelu}

// binary lowers an element-wise operator of two operands, with broadcasting.
func (p *planner) binary(n *graph.Node) error {
	a, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	b, err := p.read(n.In[1])
	if err != nil {
		return err
	}
	out := p.writeLike(n.Out[0], a, b)
	a, b = alongside(n.In[0], a, out), alongside(n.In[1], b, out)
	nest, ok := kernel.NewNest(out.dims, out.strides, a.broadcast(out.dims), b.broadcast(out.dims))
	if !ok {
		return errNoKernel
	}
	f := binaryOps[n.Op.Code]
	p.step(n, n.Op.Name, []*Place{a, b}, []*Place{out}, func(mem *memory) kernel.Job {
		return kernel.Binary(p.plan.set, nest, mem.floats(out), mem.floats(a), mem.floats(b), f)
	})
	return nil
}

// longestRepeat bounds the copies of a number that a constant is made of.
const longestRepeat = 1 << 12

// alongside returns where v, which is at place, is read to make out. A number that
// is known is written as often as a run of out's elements is long: then kernels
// have vectors for it.
func alongside(v *graph.Value, place, out *Place) *Place {
	run := -1
	for i, d := range out.dims {
		if d > 1 && d <= longestRepeat && out.strides[i] == 1 {
			run = i
		}
	}
	if !v.Known() || place.dims.Elements() != 1 || run < 0 {
		return place
	}
	data := slices.Repeat(tensor.Data[float32](v.Const()), out.dims[run])
	strides := make([]int, len(out.dims))
	strides[run] = 1
	return &Place{buf: &Buffer{dtype: tensor.Float32, size: len(data), data: data}, dims: out.dims, strides: strides}
}

// pad lowers Pad with a constant value: fill, then copy the inside.
func (p *planner) pad(n *graph.Node) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	begin, end, ok := ops.PadOf(call)
	value := float32(0)
	if v := optional(n.In, 2); v != nil && ok {
		if ok = v.KnownFloats(); ok {
			value = tensor.Data[float32](v.Const())[0]
		}
	}
	if !ok || n.Attrs.String("mode", "constant") != "constant" || slices.Min(begin) < 0 || slices.Min(end) < 0 {
		return errNoKernel
	}
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	out := p.write(n.Out[0])
	inside := out
	for axis, from := range begin {
		inside = inside.narrow(axis, from, in.dims[axis])
	}
	fill := graph.Constant("", tensor.Of([]float32{value}))
	source, err := p.read(fill)
	if err != nil {
		return err
	}
	everywhere := &Place{buf: source.buf, dims: out.dims, strides: make([]int, len(out.dims))}
	if err := p.copy(n, "fill", out, everywhere); err != nil {
		return err
	}
	return p.copy(n, "pad", inside, in)
}
