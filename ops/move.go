package ops

import (
	"fmt"
	"math"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// PermOf resolves a call of Transpose: output axis i is input axis perm[i].
func PermOf(c *Call) (perm []int, err error) {
	in := c.In[0].Shape
	if in == nil {
		return nil, fmt.Errorf("input: rank not known")
	}
	perm = make([]int, len(in))
	if !c.Attrs.Has("perm") {
		for i := range perm {
			perm[i] = len(in) - 1 - i
		}
		return perm, nil
	}
	list := c.Attrs.Ints("perm")
	if len(list) != len(in) {
		return nil, fmt.Errorf("attribute perm: %d entries, must be %d", len(list), len(in))
	}
	seen := make([]bool, len(in))
	for i, a := range list {
		if a < 0 || a >= int64(len(in)) || seen[a] {
			return nil, fmt.Errorf("attribute perm: %s, must be the axes 0 to %d in some order", short(list), len(in)-1)
		}
		perm[i], seen[a] = int(a), true
	}
	return perm, nil
}

func inferTranspose(c *Call) ([]Type, error) {
	in := c.In[0].Shape
	if in == nil {
		if n := len(c.Attrs.Ints("perm")); n > 0 && n <= tensor.MaxRank {
			return one(unknown(n)), nil
		}
		return one(nil), nil
	}
	perm, err := PermOf(c)
	if err != nil {
		return nil, err
	}
	out := make(tensor.Shape, len(in))
	for i, a := range perm {
		out[i] = in[a]
	}
	return one(out), nil
}

func inferConcat(c *Call) ([]Type, error) {
	var out tensor.Shape
	axis, sum := 0, 0
	for i, t := range c.In {
		s := t.Shape
		if s == nil {
			return one(nil), nil
		}
		if out == nil {
			var err error
			if axis, err = c.axis(); err != nil {
				return nil, err
			}
			out = s.Clone()
		}
		if len(s) != len(out) {
			return nil, fmt.Errorf("input %d: shape %s, must have rank %d as the first", i, s, len(out))
		}
		for k := range s {
			d, ok := merge(out[k], s[k])
			if !ok && k != axis {
				return nil, fmt.Errorf("input %d: shape %s, the first has %s and axis is %d", i, s, c.In[0].Shape, axis)
			}
			if k != axis {
				out[k] = d
			}
		}
		if sum == tensor.Unknown || s[axis] == tensor.Unknown {
			sum = tensor.Unknown
			continue
		}
		var err error
		if sum, err = add(sum, s[axis]); err != nil {
			return nil, err
		}
	}
	out[axis] = sum
	return one(out), nil
}

func inferGather(c *Call) ([]Type, error) {
	data, indices := c.In[0].Shape, c.In[1].Shape
	if data == nil || indices == nil {
		return one(nil), nil
	}
	axis, err := c.axis()
	if err != nil {
		return nil, err
	}
	if v := c.In[1].Value; v != nil && data[axis] != tensor.Unknown {
		if err := checkIndices(v, data[axis]); err != nil {
			return nil, err
		}
	}
	out := append(tensor.Shape{}, slices.Concat(data[:axis], indices, data[axis+1:])...)
	return one(out), nil
}

// checkIndices checks that a tensor of int32 or int64 indexes a dimension.
func checkIndices(t *tensor.Tensor, dim int) error {
	check := func(i int, v int64) error {
		if v < -int64(dim) || v >= int64(dim) {
			return fmt.Errorf("index %d is %d, the dimension has %d", i, v, dim)
		}
		return nil
	}
	switch data := t.Data.(type) {
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

// SliceOf resolves a call of Slice whose inputs are known: output index i of
// an axis is input index begin + i·step.
func SliceOf(c *Call) (begin, step []int, out tensor.Shape, err error) {
	begin, step, out, err = sliceOf(c)
	if err == nil && !out.Known() {
		err = fmt.Errorf("slice bounds or shape are not known")
	}
	return begin, step, out, err
}

func inferSlice(c *Call) ([]Type, error) {
	_, _, out, err := sliceOf(c)
	if err != nil {
		return nil, err
	}
	return one(out), nil
}

func sliceOf(c *Call) (begin, step []int, out tensor.Shape, err error) {
	in := c.In[0].Shape
	var lists [5][]int64 // data (unused), starts, ends, axes, steps
	for i := 1; i < len(lists); i++ {
		var known bool
		if lists[i], known, err = c.ints(i); err != nil {
			return nil, nil, nil, err
		}
		if !known && in != nil {
			return nil, nil, unknown(len(in)), nil
		}
	}
	if in == nil {
		return nil, nil, nil, nil
	}
	starts, ends, axes, steps := lists[1], lists[2], lists[3], lists[4]
	if !c.has(3) {
		axes = firstAxes(len(starts), len(in))
	}
	if len(ends) != len(starts) || len(axes) != len(starts) || c.has(4) && len(steps) != len(starts) {
		return nil, nil, nil, fmt.Errorf("starts, ends, axes and steps have %d, %d, %d and %d entries", len(starts), len(ends), len(axes), len(steps))
	}
	if _, err := axesOf(axes, len(in)); err != nil {
		return nil, nil, nil, err
	}
	begin, step, out = make([]int, len(in)), make([]int, len(in)), in.Clone()
	for i := range step {
		step[i] = 1
	}
	for i, a := range axes {
		axis, _ := axisOf(a, len(in))
		by := int64(1)
		if c.has(4) {
			by = steps[i]
		}
		if by == 0 {
			return nil, nil, nil, fmt.Errorf("step 0 along axis %d", axis)
		}
		if in[axis] != tensor.Unknown {
			begin[axis], out[axis] = sliceAxis(starts[i], ends[i], by, in[axis])
			step[axis] = int(by)
		}
	}
	return begin, step, out, nil
}

// firstAxes is 0, 1, … n-1, cut where an error is due anyway.
func firstAxes(n, rank int) []int64 {
	axes := make([]int64, min(n, rank))
	for i := range axes {
		axes[i] = int64(i)
	}
	return axes
}

// sliceAxis clamps the bounds of a slice to a dimension and returns the first
// index and the number of indices. Backwards, unlike in numpy, a start before
// the first element is the first element.
func sliceAxis(start, end, step int64, dim int) (first, n int) {
	size := int64(dim)
	clamp := func(v, lowest, highest int64) int64 {
		if v < 0 {
			v += size
		}
		return min(max(v, lowest), highest)
	}
	if step > 0 {
		start, end = clamp(start, 0, size), clamp(end, 0, size)
	} else {
		start, end = clamp(start, 0, size-1), clamp(end, -1, size-1)
	}
	distance, stride := end-start, uint64(step)
	if step < 0 {
		distance, stride = start-end, -uint64(step)
	}
	if distance <= 0 {
		return 0, 0
	}
	return int(start), int((uint64(distance)-1)/stride + 1)
}

func inferExpand(c *Call) ([]Type, error) {
	list, known, err := c.ints(1)
	if err != nil {
		return nil, err
	}
	if !known {
		n, err := c.listLength(1)
		if err != nil || n == tensor.Unknown || c.In[0].Shape == nil {
			return one(nil), err
		}
		return one(unknown(max(n, len(c.In[0].Shape)))), nil
	}
	target, err := dims(list)
	if err != nil {
		return nil, fmt.Errorf("input 1 (shape): %w", err)
	}
	out, err := broadcast(c.In[0].Shape, target)
	return one(out), err
}

func inferConstantOfShape(c *Call) ([]Type, error) {
	d := tensor.Float32
	if v := c.Attrs.Tensor("value"); v != nil {
		if v.Elements() != 1 {
			return nil, fmt.Errorf("attribute value: shape %s, must have one element", v.Shape)
		}
		d = v.DType
	}
	list, known, err := c.ints(0)
	if err != nil {
		return nil, err
	}
	if !known {
		n, err := c.listLength(0)
		return []Type{{DType: d, Shape: unknown(n)}}, err
	}
	s, err := dims(list)
	if err != nil {
		return nil, fmt.Errorf("input 0 (input): %w", err)
	}
	return []Type{{DType: d, Shape: s}}, nil
}

// dims turns a list from a tensor into a shape.
func dims(list []int64) (tensor.Shape, error) {
	if _, _, err := tensor.Size(tensor.Uint8, list); err != nil {
		return nil, err
	}
	s := make(tensor.Shape, len(list))
	for i, d := range list {
		if d > math.MaxInt {
			return nil, fmt.Errorf("dimension %d is %d, allowed at most %d", i, d, math.MaxInt)
		}
		s[i] = int(d)
	}
	return s, nil
}
