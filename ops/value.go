package ops

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

func inferConstant(c *Call) ([]Type, error) {
	if len(c.Attrs) != 1 {
		return nil, fmt.Errorf("%d attributes, must be exactly one value", len(c.Attrs))
	}
	for _, v := range c.Attrs {
		switch v := v.(type) {
		case *tensor.Tensor:
			return known(v), nil
		case int64:
			return known(tensor.Of([]int64{v})), nil
		case float32:
			return known(tensor.Of([]float32{v})), nil
		case string:
			return known(tensor.Of([]string{v})), nil
		case []int64:
			return known(tensor.Of(v, len(v))), nil
		case []float32:
			return known(tensor.Of(v, len(v))), nil
		case []string:
			return known(tensor.Of(v, len(v))), nil
		}
	}
	return nil, fmt.Errorf("no value")
}

func known(t *tensor.Tensor) []Type { return []Type{TypeOf(t)} }

// inferShape gives the value as well where the dimensions asked for are known.
// Start and end clamp to 0 … rank.
func inferShape(c *Call) ([]Type, error) {
	in := c.In[0].Shape
	if in == nil {
		return []Type{{DType: tensor.Int64, Shape: unknown(1)}}, nil
	}
	rank := int64(len(in))
	bound := func(name string, def int64) int64 {
		v := c.Attrs.Int(name, def)
		if v < 0 {
			v += rank
		}
		return min(max(v, 0), rank)
	}
	start, end := bound("start", 0), bound("end", rank)
	part := in[start:max(start, end)]
	if !append(tensor.Shape{}, part...).Known() {
		return []Type{{DType: tensor.Int64, Shape: tensor.Shape{len(part)}}}, nil
	}
	list := make([]int64, len(part))
	for i, d := range part {
		list[i] = int64(d)
	}
	return known(tensor.Of(list, len(list))), nil
}

func inferCast(c *Call) ([]Type, error) {
	if c.Version < 6 {
		return nil, c.unsupported("the type as text, supported since opset 6")
	}
	to := c.Attrs.Int("to", 0)
	if to < 1 || to > math.MaxInt32 || !tensor.DType(to).Valid() {
		return nil, fmt.Errorf("attribute to: %d is no element type", to)
	}
	return c.castTo(tensor.DType(to))
}

func inferCastLike(c *Call) ([]Type, error) { return c.castTo(c.In[1].DType) }

func (c *Call) castTo(d tensor.DType) ([]Type, error) {
	return []Type{{DType: d, Shape: c.In[0].Shape.Clone()}}, nil
}

// inferDropout is for inference, where Dropout passes its input on, as it does
// in training with a ratio of 0.
func inferDropout(c *Call) ([]Type, error) {
	if mode := c.input(2).Value; mode != nil {
		if on, ok := mode.Data.([]bool); ok && len(on) == 1 && on[0] {
			if ratio, ok := scalar(c.input(1), 0.5); !ok || ratio != 0 {
				return nil, c.unsupported("training_mode is on, which drops at random")
			}
		}
	}
	out := one(c.In[0].Shape.Clone())
	if c.Outputs > 1 {
		out = append(out, out[0]) // the mask has a letter of its own, or T before opset 10
	}
	return out, nil
}
