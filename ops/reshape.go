package ops

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

func inferReshape(c *Call) ([]Type, error) {
	list, _, known, err := c.intsArg("shape", 5, 1)
	if err != nil {
		return nil, err
	}
	n, err := c.listLength(1)
	if err != nil {
		return nil, err
	}
	if !known {
		return one(unknown(n)), nil
	}
	s, err := reshape(c.In[0].Shape, list, c.Attrs.Int("allowzero", 0) != 0)
	if err != nil {
		return nil, fmt.Errorf("input 1 (shape): %w", err)
	}
	return one(s), nil
}

// reshape applies a list in which 0 copies in's dimension of that index,
// unless zero stands for itself, and one entry may be -1: what remains.
func reshape(in tensor.Shape, list []int64, zero bool) (tensor.Shape, error) {
	if len(list) > tensor.MaxRank {
		return nil, fmt.Errorf("%d entries, allowed at most %d", len(list), tensor.MaxRank)
	}
	out := make(tensor.Shape, len(list))
	rest, copied := -1, make([]bool, len(in))
	for i, d := range list {
		switch {
		case d == 0 && !zero && in != nil:
			if i >= len(in) {
				return nil, fmt.Errorf("entry %d copies a dimension, the input has %d", i, len(in))
			}
			out[i], copied[i] = in[i], true
		case d == 0 && !zero:
			out[i] = tensor.Unknown
		case d == -1 && rest >= 0:
			return nil, fmt.Errorf("%s has -1 twice", short(list))
		case d == -1:
			out[i], rest = 1, i
		case d < -1 || int64(int(d)) != d:
			return nil, fmt.Errorf("dimension %d, allowed -1 or more", d)
		default:
			out[i] = int(d)
		}
	}
	if in == nil {
		if rest >= 0 {
			out[rest] = tensor.Unknown
		}
		return out, nil
	}
	return out, fill(out, rest, in, copied)
}

// fill checks that out has as many elements as in, and sets out[rest], unless
// rest is -1, to make it so. Dimensions that out copied from in cancel, which
// resolves -1 beside an unknown batch size. A copied dimension that is unknown may
// be 0, and then both have no elements, whatever the others are.
func fill(out tensor.Shape, rest int, in tensor.Shape, copied []bool) error {
	var have, want []int
	maybeEmpty := false
	for i, d := range in {
		if !copied[i] || d == 0 {
			have = append(have, d)
		}
		maybeEmpty = maybeEmpty || copied[i] && d == tensor.Unknown
	}
	for i, d := range out {
		if i >= len(copied) || !copied[i] || d == 0 {
			want = append(want, d)
		}
	}
	total, err := product(have)
	if err != nil {
		return err
	}
	part, err := product(want)
	switch {
	case err != nil:
		return err
	case part == tensor.Unknown || total == tensor.Unknown:
		if rest >= 0 {
			out[rest] = tensor.Unknown
		}
	case rest < 0 && part != total && maybeEmpty:
	case rest < 0 && part != total, rest >= 0 && part == 0 && total != 0, rest >= 0 && part != 0 && total%part != 0:
		return fmt.Errorf("shape %s does not have the elements of %s", out, in)
	case rest >= 0 && part == 0:
		return fmt.Errorf("-1 beside a dimension of 0 is not determined")
	case rest >= 0:
		out[rest] = total / part
	}
	return nil
}

func inferFlatten(c *Call) ([]Type, error) {
	in := c.In[0].Shape
	if in == nil {
		return one(unknown(2)), nil
	}
	axis := c.Attrs.Int("axis", 1)
	if axis < -int64(len(in)) || axis > int64(len(in)) {
		return nil, fmt.Errorf("attribute axis: %d, allowed %d to %d", axis, -len(in), len(in))
	}
	if axis < 0 {
		axis += int64(len(in))
	}
	rows, err := product(in[:axis])
	if err != nil {
		return nil, err
	}
	cols, err := product(in[axis:])
	if err != nil {
		return nil, err
	}
	return one(tensor.Shape{rows, cols}), nil
}

func inferSqueeze(c *Call) ([]Type, error) {
	axes, given, known, err := c.intsArg("axes", 13, 1)
	in := c.In[0].Shape
	if err != nil || in == nil || !known {
		return one(nil), err
	}
	drop, err := axesOf(axes, len(in))
	if err != nil {
		return nil, err
	}
	out := tensor.Shape{}
	for i, d := range in {
		switch {
		case !given && d == tensor.Unknown:
			return one(nil), nil // the rank depends on it
		case !given && d == 1:
		case !drop[i]:
			out = append(out, d)
		case d != 1 && d != tensor.Unknown:
			return nil, fmt.Errorf("axis %d has %d elements, must have 1", i, d)
		}
	}
	return one(out), nil
}

func inferUnsqueeze(c *Call) ([]Type, error) {
	axes, _, known, err := c.intsArg("axes", 13, 1)
	in := c.In[0].Shape
	if err != nil || in == nil {
		return one(nil), err
	}
	if !known {
		n, err := c.listLength(1)
		if err != nil || n == tensor.Unknown {
			return one(nil), err
		}
		return one(unknown(len(in) + n)), nil
	}
	if len(in)+len(axes) > tensor.MaxRank {
		return nil, fmt.Errorf("rank %d, allowed at most %d", len(in)+len(axes), tensor.MaxRank)
	}
	added, err := axesOf(axes, len(in)+len(axes))
	if err != nil {
		return nil, err
	}
	out := tensor.Shape{}
	for _, isNew := range added {
		if isNew {
			out = append(out, 1)
		} else {
			out, in = append(out, in[0]), in[1:]
		}
	}
	return one(out), nil
}
