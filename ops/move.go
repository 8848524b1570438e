package ops

import (
	"fmt"
	"math"

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
			if axis, err = c.Axis(); err != nil {
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
