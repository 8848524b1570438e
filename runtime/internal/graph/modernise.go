package graph

import (
	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// Some operators of old opsets are expressed in a newer version, so that passes
// and engines need not know both.
const (
	broadcasting = 7  // operators of two tensors broadcast as in numpy
	padInputs    = 11 // Pad's amounts are an input
	perChannel   = 21 // GroupNormalization has a scale and a bias for each channel, not for each group
)

// modernise returns the nodes that do what n does in the version of its
// operator that everything else knows, and of an If without a choice the branch
// that it takes. n's inputs have their types.
func (n *Node) modernise(b *limit.Budget) ([]*Node, error) {
	switch {
	case n.Op.Domain == contribDomain:
		return n.expandContrib()
	case n.Op.Domain != "":
	case n.Is(op.If) && len(n.In) > 0 && n.In[0].Const() != nil:
		return n.branch(b)
	case n.Is(op.SequenceAt, op.SequenceLength, op.ConcatFromSequence, op.SplitToSequence) && len(n.In) > 0 && len(n.Out) == 1 && n.In[0] != nil && n.Out[0] != nil:
		return n.unpack()
	case n.Is(op.Pad) && n.Version >= 2 && n.Version < padInputs:
		n.modernisePad()
	case n.Is(op.GroupNormalization) && n.Version < perChannel:
		return n.repeatScales(), nil
	case n.Version > 0 && n.Version < broadcasting:
		return n.align()
	}
	return []*Node{n}, nil
}

// align puts a Reshape before n's second input where it broadcasts otherwise.
func (n *Node) align() ([]*Node, error) {
	call, err := n.Call()
	if err != nil {
		return nil, err
	}
	shape, ok, err := ops.Aligned(call)
	if err != nil || !ok {
		return []*Node{n}, err
	}
	aligned := NewNode(n.Name+"/align", op.Reshape, nil, []*Value{n.In[1], Constant(n.Name+"/shape", tensor.Of(shape, len(shape)))},
		[]*Value{{Name: n.Name + "/aligned"}})
	n.Version, n.Attrs, n.In[1] = broadcasting, nil, aligned.Out[0]
	return []*Node{aligned, n}, nil
}

// repeatScales gives each channel of GroupNormalization the scale and the bias of its
// group. It waits until the number of channels is known, and is not 0; inference says what is
// wrong.
func (n *Node) repeatScales() []*Node {
	groups := int(n.Attrs.Int("num_groups", 0))
	if len(n.In) != 3 || n.In[0] == nil || groups < 1 {
		return []*Node{n}
	}
	x := n.In[0].Type.Shape
	if len(x) < 2 || x[1] < 1 || x[1]%groups != 0 {
		return []*Node{n}
	}
	ints := func(list ...int64) *Value { return Constant(n.Name+"/shape", tensor.Of(list, len(list))) }
	e, in := &expansion{of: n}, []*Value{n.In[0]}
	for _, v := range n.In[1:] {
		if v == nil || !v.Type.Shape.Equal(tensor.Shape{groups}) {
			return []*Node{n}
		}
		each := e.add(op.Expand, nil, e.add(op.Unsqueeze, nil, v, ints(1)), ints(int64(groups), int64(x[1]/groups)))
		in = append(in, e.add(op.Reshape, nil, each, ints(int64(x[1]))))
	}
	return append(e.list, NewNode(n.Name, op.GroupNormalization, n.Attrs, in, n.Out))
}

// modernisePad makes inputs of Pad's attributes. A value for another type than
// float32 stays behind, and is refused.
func (n *Node) modernisePad() {
	pads, value := n.Attrs.Ints("pads"), n.Attrs.Float("value", 0)
	if len(n.In) != 1 || value != 0 && n.In[0].Type.DType != tensor.Float32 {
		return
	}
	n.In = append(n.In, Constant(n.Name+"/pads", tensor.Of(pads, len(pads))))
	if value != 0 {
		n.In = append(n.In, Constant(n.Name+"/value", tensor.Of([]float32{value})))
	}
	n.Version, n.Attrs = padInputs, ops.Attrs{"mode": n.Attrs.String("mode", "constant")}
}
