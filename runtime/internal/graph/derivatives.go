package graph

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// derivative is how an adjoint goes back through an operator: of gives what y's
// adjoint d adds to that of input i, nil for nothing. Versions before since mean something else.
type derivative struct {
	since int
	of    func(g *gradient, n *Node, i int, d *Value) *Value
}

// derivatives are those that Gradient knows. Where an operator broadcasts, what
// comes back is summed over the axes.
var derivatives = map[op.Code]derivative{
	op.Abs: {1, func(g *gradient, n *Node, _ int, d *Value) *Value { return g.times(d, g.add(op.Sign, nil, n.In[0])) }},
	op.Add: {broadcasting, func(g *gradient, n *Node, i int, d *Value) *Value { return g.sumTo(d, n.In[i]) }},
	op.CastLike: {1, func(g *gradient, n *Node, i int, d *Value) *Value {
		if i == 1 {
			return nil
		}
		return g.add(op.CastLike, nil, d, n.In[0])
	}},
	op.Div:        {broadcasting, backDiv},
	op.Exp:        {1, func(g *gradient, n *Node, _ int, d *Value) *Value { return g.times(d, n.Out[0]) }},
	op.Flatten:    {1, backShape},
	op.Gemm:       {broadcasting, backGemm},
	op.Identity:   {1, func(_ *gradient, _ *Node, _ int, d *Value) *Value { return d }},
	op.Log:        {1, func(g *gradient, n *Node, _ int, d *Value) *Value { return g.add(op.Div, nil, d, n.In[0]) }},
	op.MatMul:     {1, backMatMul},
	op.Mul:        {broadcasting, func(g *gradient, n *Node, i int, d *Value) *Value { return g.sumTo(g.times(d, n.In[1-i]), n.In[i]) }},
	op.Neg:        {1, func(g *gradient, _ *Node, _ int, d *Value) *Value { return g.add(op.Neg, nil, d) }},
	op.ReduceMean: {1, backMean},
	op.ReduceSum:  {1, backSum},
	op.Relu:       {1, func(g *gradient, n *Node, _ int, d *Value) *Value { return g.times(d, g.add(op.Sign, nil, n.Out[0])) }},
	op.Reshape:    {1, backShape},
	op.Sigmoid: {1, func(g *gradient, n *Node, _ int, d *Value) *Value {
		dy := g.times(d, n.Out[0])
		return g.add(op.Sub, nil, dy, g.times(dy, n.Out[0]))
	}},
	op.Sqrt: {1, func(g *gradient, n *Node, _ int, d *Value) *Value {
		return g.add(op.Div, nil, d, g.add(op.Add, nil, n.Out[0], n.Out[0]))
	}},
	op.Squeeze: {1, backShape},
	op.Sub: {broadcasting, func(g *gradient, n *Node, i int, d *Value) *Value {
		if i == 1 {
			d = g.add(op.Neg, nil, d)
		}
		return g.sumTo(d, n.In[i])
	}},
	op.Sum: {1, func(g *gradient, n *Node, i int, d *Value) *Value { return g.sumTo(d, n.In[i]) }},
	op.Tanh: {1, func(g *gradient, n *Node, _ int, d *Value) *Value {
		return g.add(op.Sub, nil, d, g.times(d, g.times(n.Out[0], n.Out[0])))
	}},
	op.Transpose: {1, backTranspose},
	op.Unsqueeze: {1, backShape},
}

func (g *gradient) times(a, b *Value) *Value { return g.add(op.Mul, nil, a, b) }

func backShape(g *gradient, n *Node, _ int, d *Value) *Value {
	return g.add(op.Reshape, nil, d, g.add(op.Shape, nil, n.In[0]))
}

func backDiv(g *gradient, n *Node, i int, d *Value) *Value {
	d = g.add(op.Div, nil, d, n.In[1])
	if i == 1 {
		d = g.add(op.Neg, nil, g.times(d, n.Out[0]))
	}
	return g.sumTo(d, n.In[i])
}

// backTranspose is the transpose by the inverse permutation. Reversing all axes
// is its own.
func backTranspose(g *gradient, n *Node, _ int, d *Value) *Value {
	perm := n.Attrs.Ints("perm")
	if perm == nil {
		return g.add(op.Transpose, nil, d)
	}
	inverse := make([]int64, len(perm))
	for i := range perm {
		inverse[i] = int64(slices.Index(perm, int64(i))) // -1 is refused as perm is
	}
	return g.add(op.Transpose, ops.Attrs{"perm": inverse}, d)
}

// backMatMul is for operands of two axes or more, batches of matrices.
func backMatMul(g *gradient, n *Node, i int, d *Value) *Value {
	if i == 0 {
		return g.sumTo(g.add(op.Einsum, ops.Attrs{"equation": "...ik,...jk->...ij"}, d, n.In[1]), n.In[0])
	}
	return g.sumTo(g.add(op.Einsum, ops.Attrs{"equation": "...ki,...kj->...ij"}, n.In[0], d), n.In[1])
}

// backGemm: y = alpha·A·B + beta·C, A and B as they are or transposed.
func backGemm(g *gradient, n *Node, i int, d *Value) *Value {
	a, b := n.Attrs.Int("transA", 0), n.Attrs.Int("transB", 0)
	product := func(x *Value, transX int64, y *Value, transY int64) *Value {
		return g.add(op.Gemm, ops.Attrs{"alpha": n.Attrs.Float("alpha", 1), "transA": transX, "transB": transY}, x, y)
	}
	switch {
	case i == 0 && a == 0:
		return product(d, 0, n.In[1], 1-b)
	case i == 0:
		return product(n.In[1], b, d, 1)
	case i == 1 && b == 0:
		return product(n.In[0], 1-a, d, 0)
	case i == 1:
		return product(d, 1, n.In[0], a)
	}
	beta := g.add(op.CastLike, nil, Constant(n.Name+"/beta", tensor.Of([]float32{n.Attrs.Float("beta", 1)})), d)
	return g.sumTo(g.times(d, beta), n.In[2])
}

// backSum repeats d along the axes that were summed over. Which these are, and
// whether they were kept, the shape of the same sum says that keeps them.
func backSum(g *gradient, n *Node, _ int, d *Value) *Value {
	kept := g.again(n, "keepdims", int64(1))
	return g.add(op.Expand, nil, g.add(op.Reshape, nil, d, g.add(op.Shape, nil, kept)), g.add(op.Shape, nil, n.In[0]))
}

func backMean(g *gradient, n *Node, i int, d *Value) *Value {
	size := func(v *Value) *Value { return g.add(op.CastLike, nil, g.add(op.Size, nil, v), d) }
	return backSum(g, n, i, g.times(d, g.add(op.Div, nil, size(n.Out[0]), size(n.In[0]))))
}
