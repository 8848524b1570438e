package ops

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

// sequenceOf is the type of a sequence of tensors of d. Its shape is never known:
// elements may have any, and there may be any number of them.
func sequenceOf(d tensor.DType) []Type { return []Type{{DType: d.Sequence()}} }

// element is the type of an element of the sequence that input 0 is.
func (c *Call) element() []Type { return []Type{{DType: c.In[0].DType.Sequence()}} }

func inferSequenceConstruct(c *Call) ([]Type, error) { return sequenceOf(c.In[0].DType), nil }

func inferSequenceEmpty(c *Call) ([]Type, error) {
	d := tensor.DType(c.Attrs.Int("dtype", int64(tensor.Float32)))
	if !d.Valid() {
		return nil, fmt.Errorf("attribute dtype: %d is no element type", d)
	}
	return sequenceOf(d), nil
}

func inferSequenceInsert(c *Call) ([]Type, error) {
	if d := c.In[0].DType.Sequence(); d != c.In[1].DType {
		return nil, fmt.Errorf("input 1 (tensor): %s, must be %s as the sequence's elements", c.In[1].DType, d)
	}
	return sequenceOf(c.In[1].DType), c.oneValue(2)
}

func inferSequenceErase(c *Call) ([]Type, error) {
	return []Type{{DType: c.In[0].DType}}, c.oneValue(1)
}

func inferSequenceAt(c *Call) ([]Type, error) { return c.element(), c.oneValue(1) }

func inferSequenceLength(*Call) ([]Type, error) { return one(tensor.Shape{}), nil }

func inferConcatFromSequence(c *Call) ([]Type, error) { return c.element(), nil }

func inferSplitToSequence(c *Call) ([]Type, error) {
	if _, err := PartsOf(c); err != nil {
		return nil, err
	}
	return sequenceOf(c.In[0].DType), nil
}

// mostParts bounds the sequences that SplitToSequence makes.
const mostParts = 1 << 16

// Parts is a resolved call of SplitToSequence.
type Parts struct {
	Axis  int
	Sizes []int // along the axis; nil if they are not known
	Drop  bool  // the axis, where every part has one entry
}

// PartsOf resolves a call of SplitToSequence: parts as listed, or equal ones but
// for the last, or one for each entry.
func PartsOf(c *Call) (p Parts, err error) {
	shape := c.In[0].Shape
	if shape == nil {
		return p, nil
	}
	if p.Axis, err = c.Axis(); err != nil {
		return p, err
	}
	dim, split := shape[p.Axis], c.input(1)
	p.Drop = !split.Present() && c.Attrs.Int("keepdims", 1) == 0
	if dim == tensor.Unknown || split.Present() && split.Value == nil {
		return p, nil
	}
	sizes := []int64{1}
	if split.Present() {
		sizes = split.Value.Ints()
	}
	if len(split.Shape) == 0 && len(sizes) == 1 {
		if sizes[0] < 1 {
			return p, fmt.Errorf("input 1 (split): parts of %d", sizes[0])
		}
		if (int64(dim)-1)/sizes[0] >= mostParts {
			return p, c.unsupported("more than %d parts", mostParts)
		}
		for left := dim; left > 0; left -= int(min(sizes[0], int64(left))) {
			p.Sizes = append(p.Sizes, int(min(sizes[0], int64(left))))
		}
		return p, nil
	}
	left := int64(dim)
	for _, n := range sizes {
		if n < 0 || n > left {
			return p, fmt.Errorf("input 1 (split): parts of %v, must be %d together", sizes, dim)
		}
		p.Sizes, left = append(p.Sizes, int(n)), left-n
	}
	if left != 0 {
		return p, fmt.Errorf("input 1 (split): parts of %v, must be %d together", sizes, dim)
	}
	return p, nil
}

// inferSequenceMap is for a body that is given an element of input 0, and of each
// other input an element, too, or the tensor that it is.
func inferSequenceMap(c *Call) ([]Type, error) {
	formal := make([]Type, c.own())
	for i, t := range c.In[:c.own()] {
		if formal[i] = (Type{DType: t.DType, Shape: t.Shape}); t.DType.IsSequence() {
			formal[i] = Type{DType: t.DType.Sequence()}
		}
	}
	out, err := c.inferBody("body", formal)
	if err != nil {
		return nil, err
	}
	for i, t := range out {
		if !t.Dense() {
			return nil, fmt.Errorf("attribute body: output %d: %s, must be a tensor", i, t.kind())
		}
		out[i] = Type{DType: t.DType.Sequence()}
	}
	return c.allOf(out)
}

// An optional value is the value, or it is absent: its type is that of the value,
// Optional says that there may be none.

func inferIdentity(c *Call) ([]Type, error) {
	return []Type{{DType: c.In[0].DType, Shape: c.In[0].Shape.Clone(), Optional: c.In[0].Optional}}, nil
}

func inferOptional(c *Call) ([]Type, error) {
	if !c.has(0) {
		t, ok := c.Attrs["type"].(Type)
		if !ok {
			return nil, fmt.Errorf("attribute type: missing, it is required without an input")
		}
		return []Type{{DType: t.DType, Optional: true}}, nil
	}
	return []Type{{DType: c.In[0].DType, Optional: true}}, nil
}

func inferOptionalGetElement(c *Call) ([]Type, error) {
	return []Type{{DType: c.In[0].DType, Shape: c.In[0].Shape.Clone()}}, nil
}

// inferOptionalHasElement knows the answer, but for an optional input.
func inferOptionalHasElement(c *Call) ([]Type, error) {
	if c.input(0).Optional {
		return one(tensor.Shape{}), nil
	}
	return known(tensor.Of([]bool{c.has(0)})), nil
}
