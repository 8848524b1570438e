package graph

import (
	"slices"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/ops/op"
	"github.com/mixconv/mixconv/tensor"
)

// Bounds on the sequences that are taken apart: elements, and nodes that insert and
// erase them.
const (
	mostElements = 1000
	mostSteps    = 100
)

// elements lists a sequence's, if the nodes that make it tell which they are. It
// looks at no more than steps nodes.
func (v *Value) elements(steps int) (list []*Value, ok bool) {
	n := v.Def
	switch {
	case n.Is(op.SequenceConstruct):
		return n.In, len(n.In) <= mostElements
	case n.Is(op.SequenceEmpty):
		return nil, true
	case !n.Is(op.SequenceInsert, op.SequenceErase, op.Identity) || steps == 0:
		return nil, false
	}
	if list, ok = n.In[0].elements(steps - 1); !ok || n.Is(op.Identity) {
		return list, ok
	}
	if n.Is(op.SequenceErase) {
		at, ok := position(n.input(1), len(list), len(list)-1, len(list)-1)
		if !ok {
			return nil, false
		}
		return slices.Delete(slices.Clone(list), at, at+1), true
	}
	at, ok := position(n.input(2), len(list), len(list), len(list))
	if !ok || len(list) == mostElements {
		return nil, false
	}
	return slices.Insert(slices.Clone(list), at, n.In[1]), true
}

// position is the place of n that v says, from the end if it is negative, and
// absent if there is no v. One that is not known, or not allowed, is not ok.
func position(v *Value, n, most, absent int) (at int, ok bool) {
	at = absent
	if v != nil {
		if v.Const() == nil || len(v.Const().Ints()) != 1 {
			return 0, false
		}
		at = int(v.Const().Ints()[0])
		if at < 0 {
			at += n
		}
	}
	return at, at >= 0 && at <= most
}

// unpack returns what n, which reads a sequence or cuts a tensor into one, does
// without one, where the elements are known: so networks whose exporter wrote
// sequences run as those without.
func (n *Node) unpack() ([]*Node, error) {
	e := &expansion{of: n}
	if n.Is(op.SplitToSequence) {
		return n.splitUp(e)
	}
	list, ok := n.In[0].elements(mostSteps)
	if !ok {
		return []*Node{n}, nil
	}
	switch {
	case n.Is(op.SequenceLength):
		e.add(op.Identity, nil, Constant(n.Name+"/length", tensor.Of([]int64{int64(len(list))})))
	case n.Is(op.SequenceAt):
		at, ok := position(n.In[1], len(list), len(list)-1, 0)
		if !ok {
			return []*Node{n}, nil
		}
		e.add(op.Identity, nil, list[at])
	case n.Is(op.ConcatFromSequence) && len(list) > 0:
		axis := n.Attrs.Int("axis", 0)
		if n.Attrs.Int("new_axis", 0) != 0 {
			list = slices.Clone(list)
			for i, v := range list {
				list[i] = e.add(op.Unsqueeze, nil, v, Constant(n.Name+"/axis", tensor.Of([]int64{axis}, 1)))
			}
		}
		e.add(op.Concat, ops.Attrs{"axis": axis}, list...)
	default:
		return []*Node{n}, nil
	}
	return e.instead(), nil
}

// splitUp makes a Split of SplitToSequence, and a sequence of its parts.
func (n *Node) splitUp(e *expansion) ([]*Node, error) {
	call, err := n.Call()
	if err != nil {
		return nil, err
	}
	p, err := ops.PartsOf(call)
	if err != nil || len(p.Sizes) == 0 || len(p.Sizes) > mostElements {
		return []*Node{n}, err
	}
	sizes, axis := make([]int64, len(p.Sizes)), tensor.Of([]int64{int64(p.Axis)}, 1)
	for i, size := range p.Sizes {
		sizes[i] = int64(size)
	}
	e.add(op.Split, ops.Attrs{"axis": int64(p.Axis)}, n.In[0], Constant(n.Name+"/sizes", tensor.Of(sizes, len(sizes))))
	split := e.list[0]
	for len(split.Out) < len(sizes) {
		split.Out = append(split.Out, &Value{Name: split.Name, Def: split})
	}
	parts := slices.Clone(split.Out)
	for i, part := range parts {
		if p.Drop {
			parts[i] = e.add(op.Squeeze, nil, part, Constant(n.Name+"/axis", axis))
		}
	}
	e.add(op.SequenceConstruct, nil, parts...)
	return e.instead(), nil
}
