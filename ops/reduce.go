package ops

import (
	"fmt"

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

// reduced reports for each axis of input 0 whether it is averaged over. Axes
// are an attribute before opset 18 and an input since; none means all, unless
// noop_with_empty_axes says otherwise.
func reduced(c *Call) (over []bool, known bool, err error) {
	list, _, known, err := c.intsArg("axes", 18, 1)
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
	if from, err = c.axis(); err != nil {
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
