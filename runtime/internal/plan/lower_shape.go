package plan

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/runtime/internal/fuse"
	"github.com/mixconv/mixconv/runtime/internal/graph"
)

// split makes every result a view of the input.
func (p *planner) split(n *graph.Node) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	axis, sizes, err := ops.SplitOf(call)
	if err != nil {
		return err
	}
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	from := 0
	for i, v := range n.Out {
		p.at(v).place = in.narrow(axis, from, sizes[i])
		from += sizes[i]
	}
	return nil
}

// slice makes the result a view, unless it walks backwards.
func (p *planner) slice(n *graph.Node) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	begin, step, out, err := ops.SliceOf(call)
	if err != nil {
		return err
	}
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	view := in.view(0, out, in.strides)
	for i := range begin {
		if step[i] < 0 {
			return errNoKernel
		}
		view.offset += begin[i] * in.strides[i]
		view.strides[i] *= step[i]
	}
	p.at(n.Out[0]).place = view
	return nil
}

// transpose makes the result a view with other strides.
func (p *planner) transpose(n *graph.Node) error {
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	out := in.view(0, n.Out[0].Type.Shape, make([]int, len(in.dims)))
	for i, from := range n.Perm() {
		out.strides[i] = in.strides[from]
	}
	p.at(n.Out[0]).place = out
	return nil
}

// reshape makes the result a view of the same elements in row-major order,
// which needs a copy only where the input lies in another.
func (p *planner) reshape(n *graph.Node) error {
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	out, ok := in.reshape(n.Out[0].Type.Shape)
	if !ok {
		if in, err = p.plain(n.In[0]); err != nil {
			return err
		}
		if out, ok = in.reshape(n.Out[0].Type.Shape); !ok {
			return errNoKernel
		}
	}
	p.at(n.Out[0]).place = out
	return nil
}

// aimConcats gives the inputs of each Concat their part of its result to write
// to, last Concat first, so that one may write into another.
func (p *planner) aimConcats(g *graph.Graph) {
	for _, n := range slices.Backward(g.Nodes) {
		if !n.Is(op.Concat) || !fuse.Floats(n) {
			continue
		}
		axis, ok := concatAxis(n)
		if !ok {
			continue
		}
		whole := p.at(n.Out[0]).target
		if whole == nil {
			whole = p.sideBySide(n, axis)
			p.at(n.Out[0]).target = whole
		}
		if whole == nil {
			whole = p.fresh(n.Out[0].Type.Shape)
			whole.strides = p.order(n.Out[0])
			p.at(n.Out[0]).target = whole
		}
		from := 0
		for _, v := range n.In {
			size := v.Type.Shape[axis]
			if p.aimable(v) {
				p.at(v).target = whole.narrow(axis, from, size)
			}
			from += size
		}
	}
}

// sideBySide returns where n's inputs lie if a later Concat wants them side by
// side in the same order, as DenseNet has it: n's result is there then, too.
func (p *planner) sideBySide(n *graph.Node, axis int) *Place {
	first := p.at(n.In[0]).target
	if first == nil {
		return nil
	}
	at := first.offset
	for _, v := range n.In {
		part := p.at(v).target
		if part == nil || part.buf != first.buf || part.offset != at || !sameOrder(part.dims, part.strides, first.strides) {
			return nil
		}
		at += part.dims[axis] * part.strides[axis]
	}
	return first.view(0, n.Out[0].Type.Shape, first.strides)
}

func concatAxis(n *graph.Node) (int, bool) {
	axis, rank := int(n.Attrs.Int("axis", 0)), len(n.Out[0].Type.Shape)
	if axis < 0 {
		axis += rank
	}
	for _, v := range n.In {
		if len(v.Type.Shape) != rank || !v.Type.Shape.Known() {
			return 0, false
		}
	}
	return axis, axis < rank
}

// aimable reports whether v is made by a step that can write anywhere, and is
// not promised to another Concat.
func (p *planner) aimable(v *graph.Value) bool {
	return v.Def != nil && !v.Known() && p.at(v).target == nil && !isStored(v.Def, view) && fuse.Floats(v.Def)
}

// concat copies those inputs that were not written to their part directly.
func (p *planner) concat(n *graph.Node) error {
	axis, ok := concatAxis(n)
	if !ok {
		return errNoKernel
	}
	whole := p.write(n.Out[0])
	from := 0
	for _, v := range n.In {
		in, err := p.read(v)
		if err != nil {
			return err
		}
		part := whole.narrow(axis, from, v.Type.Shape[axis])
		from += v.Type.Shape[axis]
		if in.buf == part.buf && in.offset == part.offset {
			continue
		}
		if err := p.copy(n, "copy", part, in); err != nil {
			return err
		}
	}
	return nil
}

// depthToSpace copies: the result's rows and columns are two dimensions each, and
// so are the input's channels.
func (p *planner) depthToSpace(n *graph.Node) error {
	call, err := n.Call()
	if err != nil {
		return err
	}
	in, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	size, shape := int(call.Attrs.Int("blocksize", 1)), n.Out[0].Type.Shape
	out := p.write(n.Out[0])
	channel, column := in.strides[1], in.strides[1]*shape[1]
	if call.Attrs.String("mode", "DCR") == "CRD" {
		channel, column = in.strides[1]*size*size, in.strides[1]
	}
	dims := []int{shape[0], shape[1], in.dims[2], size, in.dims[3], size}
	from := in.view(0, dims, []int{in.strides[0], channel, in.strides[2], column * size, in.strides[3], column})
	to := out.view(0, dims, []int{out.strides[0], out.strides[1], out.strides[2] * size, out.strides[2], out.strides[3] * size, out.strides[3]})
	return p.copy(n, "depth to space", to, from)
}
