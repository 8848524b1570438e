package ops

import (
	"fmt"
	"github.com/mixconv/mixconv/ops/op"

	"github.com/mixconv/mixconv/tensor"
)

// Aligned is for the operators of two tensors before opset 7, whose second
// broadcasts not as in numpy but from attribute axis on, and for PRelu then,
// whose slopes are one a channel. It returns how the second must be reshaped, 0
// standing for a dimension of its own, so that version 7 of the operator does
// the same; ok is false where nothing needs to be done. Both ranks are known.
func Aligned(c *Call) (shape []int64, ok bool, err error) {
	axis := int64(1)
	if c.Op.Code != op.PRelu {
		axis = c.Attrs.Int("axis", 0)
		if c.Attrs.Int("broadcast", 0) == 0 || !c.Attrs.Has("axis") {
			return nil, false, nil
		}
	}
	if c.Version >= 7 || len(c.In) < 2 {
		return nil, false, nil
	}
	a, b := c.In[0].Shape, c.In[1].Shape
	if a == nil || b == nil {
		return nil, false, fmt.Errorf("shapes %s and %s, their ranks must be known to broadcast", a, b)
	}
	at, err := axisOf(axis, max(len(a), 1))
	if err != nil {
		if c.Op.Code == op.PRelu {
			return nil, false, nil // one slope for all
		}
		return nil, false, err
	}
	if at+len(b) > len(a) {
		return nil, false, fmt.Errorf("axis %d, shape %s does not fit into %s from there", at, b, a)
	}
	shape = make([]int64, len(a)-at)
	for i := len(b); i < len(shape); i++ {
		shape[i] = 1
	}
	return shape, true, nil
}

// SlopeShape is the shape with which PRelu's slope broadcasts to X, whose shapes
// are known.
func SlopeShape(c *Call) (tensor.Shape, error) {
	slope := c.In[1].Shape
	list, ok, err := Aligned(c)
	if err != nil || !ok {
		return slope, err
	}
	aligned := make(tensor.Shape, len(list))
	for i, d := range list {
		if aligned[i] = int(d); d == 0 {
			aligned[i] = slope[i]
		}
	}
	return aligned, nil
}

// inferPRelu is for a slope that broadcasts to X.
func inferPRelu(c *Call) ([]Type, error) {
	x, slope := c.In[0].Shape, c.In[1].Shape
	if x != nil && slope != nil {
		aligned, err := SlopeShape(c)
		if err != nil {
			return nil, err
		}
		out, err := broadcast(x, aligned)
		if err != nil || len(out) != len(x) || !fits(out, x) {
			return nil, fmt.Errorf("input slope: shape %s does not broadcast to %s", slope, x)
		}
	}
	return inferSame(c)
}
