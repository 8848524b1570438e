package ops

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// The sizes of what these operators select follow from values alone; their
// kernels find them.

// inferCompress is for the elements, or slices along an axis, that a condition
// marks.
func inferCompress(c *Call) ([]Type, error) {
	if s := c.In[1].Shape; s != nil && len(s) != 1 {
		return nil, fmt.Errorf("input 1 (condition): shape %s, must be a list", s)
	}
	in := c.In[0].Shape
	if !c.Attrs.Has("axis") {
		return one(unknown(1)), nil
	}
	if in == nil {
		return one(nil), nil
	}
	axis, err := c.Axis()
	if err != nil {
		return nil, err
	}
	out := in.Clone()
	out[axis] = tensor.Unknown
	return one(out), nil
}

// inferNonZero is for the indices, a column each, of what is not zero.
func inferNonZero(c *Call) ([]Type, error) {
	if in := c.In[0].Shape; in != nil {
		return one(tensor.Shape{len(in), tensor.Unknown}), nil
	}
	return one(unknown(2)), nil
}

func inferUnique(c *Call) ([]Type, error) {
	out := []Type{{Shape: unknown(1)}}
	if c.Attrs.Has("axis") {
		out[0].Shape = nil
		if in := c.In[0].Shape; in != nil {
			axis, err := c.Axis()
			if err != nil {
				return nil, err
			}
			out[0].Shape = in.Clone()
			out[0].Shape[axis] = tensor.Unknown
		}
	}
	for len(out) < c.Outputs {
		out = append(out, Type{DType: tensor.Int64, Shape: unknown(1)})
	}
	return out, nil
}

// inferTopK is for the K greatest, or smallest, along an axis, and their
// indices there.
func inferTopK(c *Call) ([]Type, error) {
	k, known, err := c.wholeNumber(1)
	if c.Version < 10 {
		k, known = int(c.Attrs.Int("k", 0)), true
	}
	in := c.In[0].Shape
	if err != nil || in == nil {
		return slices.Repeat(one(nil), c.Outputs), err
	}
	axis, err := axisOf(c.Attrs.Int("axis", -1), len(in))
	if err != nil {
		return nil, err
	}
	out := in.Clone()
	out[axis] = tensor.Unknown
	if known {
		if k < 0 || in[axis] != tensor.Unknown && k > in[axis] {
			return nil, fmt.Errorf("the greatest %d of axis %d, which has %d", k, axis, in[axis])
		}
		out[axis] = k
	}
	return slices.Repeat(one(out), c.Outputs), nil
}
