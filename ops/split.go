package ops

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// SplitOf resolves a call of Split: the axis, and the size of every output
// along it.
func SplitOf(c *Call) (axis int, sizes []int, err error) {
	if c.In[0].Shape == nil {
		return 0, nil, fmt.Errorf("input: rank not known")
	}
	if axis, err = c.Axis(); err != nil {
		return 0, nil, err
	}
	if sizes, err = splitOf(c, c.In[0].Shape[axis]); err != nil {
		return 0, nil, err
	}
	if slices.Contains(sizes, tensor.Unknown) {
		return 0, nil, fmt.Errorf("sizes along axis %d are not known", axis)
	}
	return axis, sizes, nil
}

func inferSplit(c *Call) ([]Type, error) {
	x := c.In[0].Shape
	out := make([]Type, c.Outputs)
	if x == nil {
		return out, nil
	}
	axis, err := c.Axis()
	if err != nil {
		return nil, err
	}
	sizes, err := splitOf(c, x[axis])
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Shape = x.Clone()
		out[i].Shape[axis] = sizes[i]
	}
	return out, nil
}

// splitOf returns the sizes of the parts of a dimension: as listed (attribute
// before opset 13, input since), or equal. Since opset 18 equal parts are asked
// for by num_outputs, and the last may be smaller.
func splitOf(c *Call, dim int) ([]int, error) {
	list, listed, known, err := c.intsArg("split", 13, 1)
	if c.Version < 2 && c.has(1) {
		return nil, c.unsupported("split as an input, supported since opset 2 as an attribute, since 13 as an input")
	}
	if err != nil {
		return nil, err
	}
	switch {
	case listed && c.Attrs.Has("num_outputs"):
		return nil, fmt.Errorf("both input split and attribute num_outputs are given")
	case !known:
		return unknown(c.Outputs), nil
	case !listed:
		return equalSizes(c, dim)
	case len(list) != c.Outputs:
		return nil, fmt.Errorf("split: %d sizes for %d outputs", len(list), c.Outputs)
	}
	sizes, err := splitSizes(list, dim)
	if err != nil {
		return nil, fmt.Errorf("split: %w", err)
	}
	return sizes, nil
}

// splitSizes checks that a list of sizes adds up to dim.
func splitSizes(list []int64, dim int) ([]int, error) {
	sizes, sum := make([]int, len(list)), 0
	for i, s := range list {
		if s < 0 || int64(int(s)) != s {
			return nil, fmt.Errorf("size %d, allowed 0 or more", s)
		}
		sizes[i] = int(s)
		var err error
		if sum, err = add(sum, sizes[i]); err != nil {
			return nil, err
		}
	}
	if dim != tensor.Unknown && sum != dim {
		return nil, fmt.Errorf("sizes %s add up to %d, the dimension is %d", short(list), sum, dim)
	}
	return sizes, nil
}

func equalSizes(c *Call, dim int) ([]int, error) {
	n := c.Outputs
	ragged := c.Attrs.Has("num_outputs")
	if c.Version >= 18 && !ragged {
		return nil, fmt.Errorf("neither input split nor attribute num_outputs is given")
	}
	if want := c.Attrs.Int("num_outputs", int64(n)); want != int64(n) {
		return nil, fmt.Errorf("attribute num_outputs: %d, the node has %d outputs", want, n)
	}
	sizes := unknown(n)
	if dim == tensor.Unknown {
		return sizes, nil
	}
	part := dim / n
	if dim%n != 0 {
		part++
	}
	last := dim - part*(n-1)
	if last < 0 || last != part && !ragged {
		return nil, fmt.Errorf("a dimension of %d does not split into %d equal parts", dim, n)
	}
	for i := range sizes {
		sizes[i] = part
	}
	sizes[n-1] = last
	return sizes, nil
}
