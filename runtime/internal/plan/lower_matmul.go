package plan

import (
	"cmp"
	"slices"

	"github.com/mixconv/mixconv/runtime/internal/graph"
	"github.com/mixconv/mixconv/runtime/internal/kernel"
)

// gemm lowers Gemm with known weights, no transposed input and, if it has
// one, a known bias of one value per column.
func (p *planner) gemm(n *graph.Node) error {
	weights := n.In[1]
	if !weights.KnownFloats() || n.Attrs.Int("transA", 0) != 0 {
		return errNoKernel
	}
	columns := n.Out[0].Type.Shape[1]
	beta, alpha := n.Attrs.Float("beta", 1), n.Attrs.Float("alpha", 1)
	b, ok := bias(optional(n.In, 2), columns)
	if !ok || alpha != 1 || len(b) != columns {
		return errNoKernel
	}
	if s := optional(n.In, 2); s != nil && (len(s.Type.Shape) == 0 || s.Type.Shape[len(s.Type.Shape)-1] != columns) {
		return errNoKernel
	}
	if beta != 1 {
		b = slices.Clone(b)
		for i := range b {
			b[i] *= beta
		}
	}
	return p.linear(n, p.packs.matrix(p.plan.set, weights, n.Attrs.Int("transB", 0) != 0), b)
}

// matMul lowers MatMul: rows by known weights, or the product of two values.
func (p *planner) matMul(n *graph.Node) error {
	a, b := n.In[0].Type.Shape, n.In[1].Type.Shape
	if len(a) < 2 || len(b) < 2 {
		return errNoKernel
	}
	place, err := p.read(n.In[0])
	if err != nil {
		return err
	}
	if !n.In[1].KnownFloats() || len(b) != 2 || n.Post.Scale != 0 || !place.neighbours(1) && place.neighbours(2) {
		return p.product(n, place)
	}
	columns, _ := bias(n.Post.Bias, b[1])
	return p.linear(n, p.packs.matrix(p.plan.set, n.In[1], false), columns)
}

// linear multiplies the rows of n's first input by packed weights: a 1×1
// convolution of pictures of one pixel.
func (p *planner) linear(n *graph.Node, packed kernel.Packed, bias []float32) error {
	in, err := p.rows(n.In[0], packed.K)
	if err != nil {
		return err
	}
	var residual *Place
	reads := []*Place{in}
	if n.Post.Residual != nil {
		if residual, err = p.rows(n.Post.Residual, packed.Rows); err != nil {
			return err
		}
		reads = append(reads, residual)
	}
	out := p.writeRows(n.Out[0], packed.Rows)
	p.step(n, "gemm", reads, []*Place{out}, func(mem *memory) kernel.Job {
		c := kernel.Conv{Window: kernel.Window{KH: 1, KW: 1, SH: 1, SW: 1, DH: 1, DW: 1},
			Weights: []kernel.Packed{packed}, Bias: bias, Finish: kernel.Finish{Act: n.Post.Act},
			In: in.pixels(mem), Out: out.pixels(mem), Work: mem.workspace}
		if residual != nil {
			c.Finish.Residual = residual.pixels(mem)
		}
		return c.Bind(p.plan.set)
	})
	return nil
}

// pixels is rows as pictures of one pixel each.
func (p *Place) pixels(mem *memory) kernel.Image {
	return kernel.Image{Data: mem.floats(p), N: p.dims[0], H: 1, W: 1, C: p.dims[1], Pixel: p.strides[0]}
}

// product lowers MatMul of two values, the first of which lies in a.
//
// Its kernel reads rows of the first operand, and packs the second. Where the
// first one's columns do not lie side by side, but those of the second's
// transpose do, it makes the transposed product of the transposes: the result
// then lies transposed, which its readers see by its strides.
func (p *planner) product(n *graph.Node, a *Place) error {
	b, err := p.read(n.In[1])
	if err != nil {
		return err
	}
	swapped := false
	if !a.neighbours(1) {
		switch {
		case n.In[1].Known():
			b, swapped = p.packs.transposed(n.In[1]), true
		case b.neighbours(2):
			swapped = true
		default:
			if a, err = p.plain(n.In[0]); err != nil {
				return err
			}
		}
	}
	transposed := func(place *Place) *Place {
		if swapped {
			return place.transposed()
		}
		return place
	}
	if swapped {
		a, b = b.transposed(), a.transposed()
	}
	out := transposed(p.writeIn(n.Out[0], p.productOrder(n.Out[0], swapped), func(to *Place) bool { return transposed(to).neighbours(1) }))
	reads := []*Place{a, b}
	var residual *Place
	if n.Post.Residual != nil {
		if residual, err = p.read(n.Post.Residual); err != nil {
			return err
		}
		if residual = transposed(residual); !residual.neighbours(1) {
			to := p.fresh(residual.dims)
			to.strides = rowMajor(residual.dims)
			if err := p.copy(n, "copy", to, residual); err != nil {
				return err
			}
			residual = to
		}
		reads = append(reads, residual)
	}
	rank := len(out.dims)
	k := kernel.MatMul{Batch: out.dims[:rank-2], Rows: out.dims[rank-2], N: out.dims[rank-1], K: a.dims[len(a.dims)-1], Scale: cmp.Or(n.Post.Scale, 1), Finish: kernel.Finish{Act: n.Post.Act}}
	columnBias := n.Post.Bias
	if swapped {
		columnBias = nil
		k.RowBias, _ = floatsOf(n.Post.Bias)
	}
	k.Bias, _ = bias(columnBias, k.N)
	p.plan.scratch = max(p.plan.scratch, k.ScratchSize(p.plan.set))
	p.step(n, "matmul", reads, []*Place{out}, func(mem *memory) kernel.Job {
		k := k
		k.A, k.B, k.Out, k.Work = a.matrix(mem, out.dims), b.matrix(mem, out.dims), out.matrix(mem, out.dims), mem.workspace
		if residual != nil {
			k.Residual = residual.matrix(mem, out.dims)
		}
		return k.Bind(p.plan.set)
	})
	return nil
}

// productOrder is the order of a product that is stored by itself: as the
// Transpose wants it that alone reads it, if the kernel can write that.
func (p *planner) productOrder(v *graph.Value, swapped bool) []int {
	dims := v.Type.Shape
	rank := len(dims)
	inner := rank - 1
	if swapped {
		inner = rank - 2
	}
	if perm := p.layout[v].perm; perm != nil && perm[rank-1] == inner {
		return permuted(dims, perm)
	}
	if !swapped {
		return rowMajor(dims)
	}
	return permuted(dims, lastTwo(rank))
}

// transposed is p with its last two dimensions exchanged.
func (p *Place) transposed() *Place {
	v, i := p.view(0, p.dims, p.strides), len(p.dims)-1
	v.dims[i], v.dims[i-1] = v.dims[i-1], v.dims[i]
	v.strides[i], v.strides[i-1] = v.strides[i-1], v.strides[i]
	return v
}

// neighbours reports whether elements along the last dimension, or that many
// before it, lie side by side.
func (p *Place) neighbours(fromEnd int) bool {
	i := len(p.dims) - fromEnd
	return p.dims[i] == 1 || p.strides[i] == 1
}

// matrix is p as one operand of a batch of products that makes dims.
func (p *Place) matrix(mem *memory, dims []int) kernel.Matrix {
	rank := len(p.dims)
	whole := append(slices.Clone(dims[:len(dims)-2]), p.dims[rank-2:]...)
	m := kernel.Matrix{Data: mem.floats(p), Batch: p.broadcast(whole)[:len(dims)-2], Row: p.strides[rank-2], Column: p.strides[rank-1]}
	if p.dims[rank-1] == 1 {
		m.Column = 1
	}
	return m
}
