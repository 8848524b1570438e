package ops

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// PadOf resolves a call of Pad: how much is added to each axis at its
// beginning and end; a negative amount is taken away. ok is false if the call
// is wrong or its amounts, or X's rank, are not known.
func PadOf(c *Call) (begin, end []int, ok bool) {
	begin, end, known, err := padOf(c)
	return begin, end, known && err == nil
}

func inferPad(c *Call) ([]Type, error) {
	in := c.In[0].Shape
	mode := c.Attrs.String("mode", "constant")
	switch {
	case mode == "constant", mode == "reflect", mode == "edge", mode == "wrap" && c.Version >= 19:
	default:
		return nil, fmt.Errorf("attribute mode: %s, allowed constant, reflect, edge and, since opset 19, wrap", quote(mode))
	}
	if c.Attrs.Float("value", 0) != 0 {
		return nil, c.unsupported("a value for %s before opset 11, supported for float32", c.In[0].DType)
	}
	if v := c.input(2); v.Present() && v.Shape.Known() && v.Shape.Elements() != 1 {
		return nil, fmt.Errorf("input 2 (constant_value): shape %s, must have one element", v.Shape)
	}
	begin, end, known, err := padOf(c)
	if err != nil {
		return nil, err
	}
	if in == nil || !known {
		return one(unknown(rankOf(in))), nil
	}
	out := in.Clone()
	for i, d := range in {
		if d == tensor.Unknown {
			continue
		}
		if out[i], err = padAxis(d, begin[i], end[i], mode); err != nil {
			return nil, fmt.Errorf("axis %d: %w", i, err)
		}
	}
	return one(out), nil
}

func rankOf(s tensor.Shape) int {
	if s == nil {
		return tensor.Unknown
	}
	return len(s)
}

func padOf(c *Call) (begin, end []int, known bool, err error) {
	in := c.In[0].Shape
	name := "pads"
	if c.Version < 2 {
		name = "paddings"
	}
	pads, _, padsKnown, err := c.intsArg(name, 11, 1)
	if err != nil {
		return nil, nil, false, err
	}
	axes, axesKnown, err := c.ints(3)
	if err != nil || !padsKnown || !axesKnown || in == nil {
		return nil, nil, false, err
	}
	if !c.has(3) {
		axes = firstAxes(len(in), len(in))
	}
	if len(pads) != 2*len(axes) {
		return nil, nil, false, fmt.Errorf("pads: %d entries for %d axes", len(pads), len(axes))
	}
	if _, err := axesOf(axes, len(in)); err != nil {
		return nil, nil, false, err
	}
	for _, p := range pads {
		if p < -math.MaxInt/4 || p > math.MaxInt/4 {
			return nil, nil, false, fmt.Errorf("pads: %d, allowed %d to %d", p, -math.MaxInt/4, math.MaxInt/4)
		}
	}
	begin, end = make([]int, len(in)), make([]int, len(in))
	for i, a := range axes {
		axis, _ := axisOf(a, len(in))
		begin[axis], end[axis] = int(pads[i]), int(pads[len(axes)+i])
	}
	return begin, end, true, nil
}

// padAxis returns the size of a padded dimension. What is taken away goes
// first; the modes that repeat elements do so with those that remain.
func padAxis(dim, begin, end int, mode string) (int, error) {
	kept := dim + min(begin, 0) + min(end, 0)
	if kept < 0 {
		return 0, fmt.Errorf("pads %d and %d take away more than %d", begin, end, dim)
	}
	begin, end = max(begin, 0), max(end, 0)
	switch {
	case mode == "constant" || begin+end == 0:
	case kept == 0:
		return 0, fmt.Errorf("mode %s has nothing to repeat", mode)
	case mode == "reflect" && max(begin, end) >= kept:
		return 0, fmt.Errorf("pads %d and %d, mode reflect allows at most %d", begin, end, kept-1)
	}
	return add(kept, begin+end)
}
