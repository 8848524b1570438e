package graph

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
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
var derivatives = map[string]derivative{
	"Abs": {1, func(g *gradient, n *Node, _ int, d *Value) *Value { return g.times(d, g.add("Sign", nil, n.In[0])) }},
	"Add": {broadcasting, func(g *gradient, n *Node, i int, d *Value) *Value { return g.sumTo(d, n.In[i]) }},
	"CastLike": {1, func(g *gradient, n *Node, i int, d *Value) *Value {
		if i == 1 {
			return nil
		}
		return g.add("CastLike", nil, d, n.In[0])
	}},
	"Div":        {broadcasting, backDiv},
	"Exp":        {1, func(g *gradient, n *Node, _ int, d *Value) *Value { return g.times(d, n.Out[0]) }},
	"Flatten":    {1, backShape},
	"Gemm":       {broadcasting, backGemm},
	"Identity":   {1, func(_ *gradient, _ *Node, _ int, d *Value) *Value { return d }},
	"Log":        {1, func(g *gradient, n *Node, _ int, d *Value) *Value { return g.add("Div", nil, d, n.In[0]) }},
	"MatMul":     {1, backMatMul},
	"Mul":        {broadcasting, func(g *gradient, n *Node, i int, d *Value) *Value { return g.sumTo(g.times(d, n.In[1-i]), n.In[i]) }},
	"Neg":        {1, func(g *gradient, _ *Node, _ int, d *Value) *Value { return g.add("Neg", nil, d) }},
	"ReduceMean": {1, backMean},
	"ReduceSum":  {1, backSum},
	"Relu":       {1, func(g *gradient, n *Node, _ int, d *Value) *Value { return g.times(d, g.add("Sign", nil, n.Out[0])) }},
	"Reshape":    {1, backShape},
	"Sigmoid": {1, func(g *gradient, n *Node, _ int, d *Value) *Value {
		dy := g.times(d, n.Out[0])
		return g.add("Sub", nil, dy, g.times(dy, n.Out[0]))
	}},
	"Sqrt": {1, func(g *gradient, n *Node, _ int, d *Value) *Value {
		return g.add("Div", nil, d, g.add("Add", nil, n.Out[0], n.Out[0]))
	}},
	"Squeeze": {1, backShape},
	"Sub": {broadcasting, func(g *gradient, n *Node, i int, d *Value) *Value {
		if i == 1 {
			d = g.add("Neg", nil, d)
		}
		return g.sumTo(d, n.In[i])
	}},
	"Sum": {1, func(g *gradient, n *Node, i int, d *Value) *Value { return g.sumTo(d, n.In[i]) }},
	"Tanh": {1, func(g *gradient, n *Node, _ int, d *Value) *Value {
		return g.add("Sub", nil, d, g.times(d, g.times(n.Out[0], n.Out[0])))
	}},
	"Transpose": {1, backTranspose},
	"Unsqueeze": {1, backShape},
}

func (g *gradient) times(a, b *Value) *Value { return g.add("Mul", nil, a, b) }

func backShape(g *gradient, n *Node, _ int, d *Value) *Value {
	return g.add("Reshape", nil, d, g.add("Shape", nil, n.In[0]))
}

func backDiv(g *gradient, n *Node, i int, d *Value) *Value {
	d = g.add("Div", nil, d, n.In[1])
	if i == 1 {
		d = g.add("Neg", nil, g.times(d, n.Out[0]))
	}
	return g.sumTo(d, n.In[i])
}

// backTranspose is the transpose by the inverse permutation. Reversing all axes
// is its own.
func backTranspose(g *gradient, n *Node, _ int, d *Value) *Value {
	perm := n.Attrs.Ints("perm")
	if perm == nil {
		return g.add("Transpose", nil, d)
	}
	inverse := make([]int64, len(perm))
	for i := range perm {
		inverse[i] = int64(slices.Index(perm, int64(i))) // -1 is refused as perm is
	}
	return g.add("Transpose", ops.Attrs{"perm": inverse}, d)
}

// backMatMul is for operands of two axes or more, batches of matrices.
func backMatMul(g *gradient, n *Node, i int, d *Value) *Value {
	if i == 0 {
		return g.sumTo(g.add("Einsum", ops.Attrs{"equation": "...ik,...jk->...ij"}, d, n.In[1]), n.In[0])
	}
	return g.sumTo(g.add("Einsum", ops.Attrs{"equation": "...ki,...kj->...ij"}, n.In[0], d), n.In[1])
}

// backGemm: y = alpha·A·B + beta·C, A and B as they are or transposed.
func backGemm(g *gradient, n *Node, i int, d *Value) *Value {
	a, b := n.Attrs.Int("transA", 0), n.Attrs.Int("transB", 0)
	product := func(x *Value, transX int64, y *Value, transY int64) *Value {
		return g.add("Gemm", ops.Attrs{"alpha": n.Attrs.Float("alpha", 1), "transA": transX, "transB": transY}, x, y)
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
	beta := g.add("CastLike", nil, Constant(n.Name+"/beta", tensor.Of([]float32{n.Attrs.Float("beta", 1)})), d)
	return g.sumTo(g.times(d, beta), n.In[2])
}

// backSum repeats d along the axes that were summed over. Which these are, and
// whether they were kept, the shape of the same sum says that keeps them.
func backSum(g *gradient, n *Node, _ int, d *Value) *Value {
	kept := g.again(n, "keepdims", int64(1))
	return g.add("Expand", nil, g.add("Reshape", nil, d, g.add("Shape", nil, kept)), g.add("Shape", nil, n.In[0]))
}

func backMean(g *gradient, n *Node, i int, d *Value) *Value {
	size := func(v *Value) *Value { return g.add("CastLike", nil, g.add("Size", nil, v), d) }
	return backSum(g, n, i, g.times(d, g.add("Div", nil, size(n.Out[0]), size(n.In[0]))))
}
