package ops

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

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
		name := [...]string{"", "starts", "ends", "axes", ""}[i]
		if lists[i], _, known, err = c.intsArg(name, 10, i); err != nil {
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
	if !c.has(3) && !c.Attrs.Has("axes") {
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
