package ops

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

func inferGather(c *Call) ([]Type, error) {
	data, indices := c.In[0].Shape, c.In[1].Shape
	if data == nil || indices == nil {
		return one(nil), nil
	}
	axis, err := c.Axis()
	if err != nil {
		return nil, err
	}
	if err := checkIndices(c.In[1], data[axis]); err != nil {
		return nil, err
	}
	out := append(tensor.Shape{}, slices.Concat(data[:axis], indices, data[axis+1:])...)
	return one(out), nil
}

// checkIndices checks that the elements of an input of int32 or int64, if they
// are known, index a dimension, if that is.
func checkIndices(t Type, dim int) error {
	if t.Value == nil || dim == tensor.Unknown {
		return nil
	}
	check := func(i int, v int64) error {
		if v < -int64(dim) || v >= int64(dim) {
			return fmt.Errorf("index %d is %d, the dimension has %d", i, v, dim)
		}
		return nil
	}
	switch data := t.Value.Data.(type) {
	case []int64:
		for i, v := range data {
			if err := check(i, v); err != nil {
				return err
			}
		}
	case []int32:
		for i, v := range data {
			if err := check(i, int64(v)); err != nil {
				return err
			}
		}
	}
	return nil
}

// inferGatherElements is for indices of data's rank, no larger than data but
// along the axis.
func inferGatherElements(c *Call) ([]Type, error) {
	if err := checkElementIndices(c); err != nil {
		return nil, err
	}
	if indices := c.In[1].Shape; indices != nil {
		return one(indices.Clone()), nil
	}
	return one(unknown(rankOf(c.In[0].Shape))), nil
}

// checkElementIndices checks inputs 0 and 1 of GatherElements and
// ScatterElements.
func checkElementIndices(c *Call) error {
	data, indices := c.In[0].Shape, c.In[1].Shape
	if data == nil {
		return nil
	}
	axis, err := c.Axis()
	if err != nil || indices == nil {
		return err
	}
	if len(indices) != len(data) {
		return fmt.Errorf("indices of shape %s for data of shape %s, must have its rank", indices, data)
	}
	for i, d := range indices {
		if i != axis && d > data[i] && data[i] != tensor.Unknown {
			return fmt.Errorf("indices of shape %s, data has %s: larger on axis %d", indices, data, i)
		}
	}
	return checkIndices(c.In[1], data[axis])
}

func inferScatterElements(c *Call) ([]Type, error) {
	if err := checkElementIndices(c); err != nil {
		return nil, err
	}
	if err := mustFit(c, 2, c.In[1].Shape); err != nil {
		return nil, err
	}
	return scattered(c)
}

// scattered checks the attribute reduction; the output is as data is.
func scattered(c *Call) ([]Type, error) {
	allowed := []string{"none", "add", "mul", "max", "min"}
	if r := c.Attrs.String("reduction", "none"); !slices.Contains(allowed, r) {
		return nil, fmt.Errorf("attribute reduction: %s, allowed %v", quote(r), allowed)
	}
	if d := c.In[0].DType; c.Attrs.String("reduction", "none") != "none" && !(numbers | set(tensor.BFloat16)).has(d) {
		return nil, c.unsupported("reduction of %s, supported are numbers", d)
	}
	return inferSame(c)
}

// mustFit checks that input i has the given shape as far as both are known.
func mustFit(c *Call, i int, shape tensor.Shape) error {
	s := c.input(i).Shape
	if s == nil || shape == nil {
		return nil
	}
	if len(s) != len(shape) || !fits(s, shape) {
		return fmt.Errorf("input %d (%s): shape %s, must be %s", i, c.paramName(i), s, shape)
	}
	return nil
}

// indexedShape is what is left of data's shape after index tuples of the last
// dimension of indices, and batch leading dimensions that both share: the
// shape of one slice. ok is false if that is not known.
func indexedShape(c *Call, batch int) (lead, slice tensor.Shape, ok bool, err error) {
	data, indices := c.In[0].Shape, c.In[1].Shape
	if data == nil || indices == nil {
		return nil, nil, false, nil
	}
	if len(data) == 0 || len(indices) == 0 || batch >= min(len(data), len(indices)) {
		return nil, nil, false, fmt.Errorf("data of shape %s, indices of shape %s and %d batch dimensions", data, indices, batch)
	}
	for i := range batch {
		if _, same := merge(data[i], indices[i]); !same {
			return nil, nil, false, fmt.Errorf("data of shape %s and indices of shape %s differ in a batch dimension", data, indices)
		}
	}
	n := indices[len(indices)-1]
	if n == tensor.Unknown {
		return nil, nil, false, nil
	}
	if n < 1 || n > len(data)-batch {
		return nil, nil, false, fmt.Errorf("indices of shape %s: the last dimension is the number of axes to index, allowed 1 to %d", indices, len(data)-batch)
	}
	return indices[:len(indices)-1], data[batch+n:], true, checkTuples(c.In[1], data[batch:batch+n])
}

// checkTuples checks index tuples, if they are known, against the dimensions
// that they index.
func checkTuples(t Type, dims tensor.Shape) error {
	list, _ := int64s(t.Value)
	for i, v := range list {
		d := dims[i%len(dims)]
		if d != tensor.Unknown && (v < -int64(d) || v >= int64(d)) {
			return fmt.Errorf("index %d is %d, the dimension has %d", i, v, d)
		}
	}
	return nil
}

func inferGatherND(c *Call) ([]Type, error) {
	batch := c.Attrs.Int("batch_dims", 0)
	if batch < 0 || batch >= tensor.MaxRank {
		return nil, fmt.Errorf("attribute batch_dims: %d, allowed from 0", batch)
	}
	lead, slice, ok, err := indexedShape(c, int(batch))
	if err != nil || !ok {
		return one(nil), err
	}
	return one(append(tensor.Shape{}, slices.Concat(lead, slice)...)), nil
}

func inferScatterND(c *Call) ([]Type, error) {
	lead, slice, ok, err := indexedShape(c, 0)
	if err != nil {
		return nil, err
	}
	if ok {
		if err := mustFit(c, 2, append(tensor.Shape{}, slices.Concat(lead, slice)...)); err != nil {
			return nil, err
		}
	}
	return scattered(c)
}

// inferOneHot adds the dimension of depth at an axis.
func inferOneHot(c *Call) ([]Type, error) {
	if err := mustFit(c, 2, tensor.Shape{2}); err != nil {
		return nil, err
	}
	depth, known, err := c.wholeNumber(1)
	if err != nil {
		return nil, err
	}
	in := c.In[0].Shape
	if in == nil {
		return one(nil), nil
	}
	axis, err := axisOf(c.Attrs.Int("axis", -1), len(in)+1)
	if err != nil {
		return nil, err
	}
	d := tensor.Unknown
	if known {
		if depth < 0 {
			return nil, fmt.Errorf("input 1 (depth): %d, allowed from 0", depth)
		}
		d = depth
	}
	return one(slices.Insert(in.Clone(), axis, d)), nil
}

// wholeNumber is the value of a one-element input; known is false if that is
// not known or the input absent.
func (c *Call) wholeNumber(i int) (n int, known bool, err error) {
	t := c.input(i)
	if t.Present() && t.Shape.Known() && t.Shape.Elements() != 1 {
		return 0, false, fmt.Errorf("input %d (%s): shape %s, must have one element", i, c.paramName(i), t.Shape)
	}
	v := c.value(i)
	if v == nil {
		return 0, false, nil
	}
	if list, ok := int64s(v); ok {
		if int64(int(list[0])) != list[0] {
			return 0, false, fmt.Errorf("input %d (%s): %d is out of range", i, c.paramName(i), list[0])
		}
		return int(list[0]), true, nil
	}
	f, ok := scalar(t, 0)
	n, fits := tensor.IntOf(f)
	if !ok || !fits || int64(n) < -1<<53 || int64(n) > 1<<53 {
		return 0, false, fmt.Errorf("input %d (%s): %v, allowed -2⁵³ to 2⁵³", i, c.paramName(i), f)
	}
	return n, true, nil
}

// int64s returns the elements of a tensor of int32 or int64; a nil tensor has
// none.
func int64s(t *tensor.Tensor) (list []int64, ok bool) {
	if t == nil {
		return nil, false
	}
	switch data := t.Data.(type) {
	case []int64:
		return data, true
	case []int32:
		list = make([]int64, len(data))
		for i, v := range data {
			list[i] = int64(v)
		}
		return list, true
	}
	return nil, false
}
