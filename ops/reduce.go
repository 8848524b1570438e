package ops

import (
	"fmt"
	"github.com/mixconv/mixconv/ops/op"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// ReduceMeanOf resolves a call of ReduceMean: the axes that are averaged over,
// ascending and counted from the front, and whether they stay with size 1. No
// axes means that nothing is reduced.
func ReduceMeanOf(c *Call) (axes []int, keepDims bool, err error) {
	over, known, err := reduced(c)
	if err == nil && !known {
		err = fmt.Errorf("axes or rank are not known")
	}
	for i, r := range over {
		if r {
			axes = append(axes, i)
		}
	}
	return axes, c.Attrs.Int("keepdims", 1) != 0, err
}

// ReducedAxes reports for each axis of input 0 of a call of Reduce… whether it
// is reduced.
func ReducedAxes(c *Call) ([]bool, error) {
	over, known, err := reduced(c)
	if err == nil && !known {
		err = fmt.Errorf("axes or rank are not known")
	}
	return over, err
}

// reduced reports for each axis of input 0 whether it is reduced. Axes are an
// attribute before opset 18 (of ReduceSum 13) and an input since; none means all, unless
// noop_with_empty_axes says otherwise.
func reduced(c *Call) (over []bool, known bool, err error) {
	since := 18
	if c.Op.Code == op.ReduceSum {
		since = 13
	}
	list, _, known, err := c.intsArg("axes", since, 1)
	in := c.In[0].Shape
	if err != nil || !known || in == nil {
		return nil, false, err
	}
	if over, err = axesOf(list, len(in)); err != nil {
		return nil, false, err
	}
	if len(list) == 0 && c.Attrs.Int("noop_with_empty_axes", 0) == 0 {
		for i := range over {
			over[i] = true
		}
	}
	return over, true, nil
}

func inferReduce(c *Call) ([]Type, error) {
	over, known, err := reduced(c)
	if err != nil {
		return nil, err
	}
	in, keep := c.In[0].Shape, c.Attrs.Int("keepdims", 1) != 0
	if !known {
		if in != nil && keep {
			return one(unknown(len(in))), nil
		}
		return one(nil), nil
	}
	out := tensor.Shape{}
	for i, d := range in {
		switch {
		case !over[i]:
			out = append(out, d)
		case keep:
			out = append(out, 1)
		}
	}
	return one(out), nil
}

// inferArg is for operators that reduce the one axis that attribute axis names.
func inferArg(c *Call) ([]Type, error) {
	in := c.In[0].Shape
	if in == nil {
		return one(nil), nil
	}
	axis, err := c.Axis()
	if err != nil {
		return nil, err
	}
	if in[axis] == 0 {
		return nil, fmt.Errorf("axis %d has no elements to choose from", axis)
	}
	out := in.Clone()
	out[axis] = 1
	if c.Attrs.Int("keepdims", 1) == 0 {
		out = slices.Delete(out, axis, axis+1)
	}
	return one(out), nil
}

// inferAlongAxis is for operators that see input 0 as rows along an axis.
func inferAlongAxis(c *Call) ([]Type, error) {
	if c.In[0].Shape != nil {
		if _, err := c.Axis(); err != nil {
			return nil, err
		}
	}
	return inferSame(c)
}

func inferGlobalPool(c *Call) ([]Type, error) {
	in := c.In[0].Shape
	if in == nil {
		return one(nil), nil
	}
	if len(in) < 3 {
		return nil, fmt.Errorf("input X: shape %s, must be [N,C,D1,…]", in)
	}
	out := in.Clone()
	for i := 2; i < len(out); i++ {
		out[i] = 1
	}
	return one(out), nil
}

// SoftmaxOf resolves a call of Softmax: it normalises over the axes from …
// to-1 together. Before opset 13 they are all from attribute axis on, since
// then that one.
func SoftmaxOf(c *Call) (from, to int, err error) {
	if c.In[0].Shape == nil {
		return 0, 0, fmt.Errorf("input: rank not known")
	}
	if from, err = c.Axis(); err != nil {
		return 0, 0, err
	}
	if c.Version < 13 {
		return from, len(c.In[0].Shape), nil
	}
	return from, from + 1, nil
}

func inferSoftmax(c *Call) ([]Type, error) {
	if c.In[0].Shape != nil {
		if _, _, err := SoftmaxOf(c); err != nil {
			return nil, err
		}
	}
	return inferSame(c)
}
