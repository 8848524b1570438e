package ops

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// inferLayerNorm is for LayerNormalization and RMSNormalization, which
// normalise over the axes from attribute axis on. Mean and InvStdDev keep the
// others.
func inferLayerNorm(c *Call) ([]Type, error) {
	x := c.In[0].Shape
	out := []Type{{Shape: x.Clone()}}
	var kept tensor.Shape
	if x != nil {
		axis, err := c.Axis()
		if err != nil {
			return nil, err
		}
		kept = x.Clone()
		for i := axis; i < len(kept); i++ {
			kept[i] = 1
		}
		for i := 1; i < len(c.In); i++ {
			s := c.In[i].Shape
			if b, err := broadcast(x, s); err != nil || s != nil && (len(b) != len(x) || !fits(b, x)) {
				return nil, fmt.Errorf("input %d (%s): shape %s does not broadcast to %s", i, c.paramName(i), s, x)
			}
		}
	}
	for len(out) < c.Outputs {
		out = append(out, Type{DType: tensor.DType(c.Attrs.Int("stash_type", 1)), Shape: kept})
	}
	return out, nil
}

// inferChannelNorm is for InstanceNormalization: X [N,C,D1,…], scale and B [C].
func inferChannelNorm(c *Call) ([]Type, error) {
	x := c.In[0].Shape
	if x != nil && len(x) < 3 {
		return nil, fmt.Errorf("input: shape %s, must be [N,C,D1,…]", x)
	}
	for i := 1; x != nil && i < 3; i++ {
		if err := mustFit(c, i, x[1:2]); err != nil {
			return nil, err
		}
	}
	return inferSame(c)
}

// inferGroupNorm is for scales and biases that are one a group before opset
// 21, and one a channel since.
func inferGroupNorm(c *Call) ([]Type, error) {
	x, groups := c.In[0].Shape, c.Attrs.Int("num_groups", 0)
	if groups < 1 || groups > math.MaxInt32 {
		return nil, fmt.Errorf("attribute num_groups: %d, allowed from 1", groups)
	}
	if x == nil {
		return one(nil), nil
	}
	if len(x) < 2 {
		return nil, fmt.Errorf("input X: shape %s, must be [N,C,D1,…]", x)
	}
	if x[1] != tensor.Unknown && x[1]%int(groups) != 0 {
		return nil, fmt.Errorf("attribute num_groups: %d does not divide %d channels", groups, x[1])
	}
	n := x[1]
	if c.Version < 21 {
		n = int(groups)
	}
	for i := 1; i < 3; i++ {
		if err := mustFit(c, i, tensor.Shape{n}); err != nil {
			return nil, err
		}
	}
	return inferSame(c)
}

func inferLRN(c *Call) ([]Type, error) {
	if x := c.In[0].Shape; x != nil && len(x) < 2 {
		return nil, fmt.Errorf("input X: shape %s, must be [N,C,D1,…]", x)
	}
	if n := c.Attrs.Int("size", 0); n < 1 {
		return nil, fmt.Errorf("attribute size: %d, allowed from 1", n)
	}
	return inferSame(c)
}

func inferMeanVariance(c *Call) ([]Type, error) {
	if x := c.In[0].Shape; x != nil {
		if _, err := axesOf(c.Attrs.Ints("axes"), len(x)); err != nil {
			return nil, err
		}
	}
	return inferSame(c)
}

// inferLoss is for scores [N,C,D1,…], labels [N,D1,…] and weights [C]: the loss
// of every label, or one for all. The second output is as the scores are.
func inferLoss(c *Call) ([]Type, error) {
	x := c.In[0].Shape
	reduction := c.Attrs.String("reduction", "mean")
	if reduction != "none" && reduction != "sum" && reduction != "mean" {
		return nil, fmt.Errorf("attribute reduction: %s, allowed none, sum, mean", quote(reduction))
	}
	loss := tensor.Shape{}
	if reduction == "none" {
		loss = c.In[1].Shape.Clone()
	}
	out := []Type{{Shape: loss}, {Shape: x.Clone()}}[:c.Outputs]
	if x == nil {
		return out, nil
	}
	if len(x) < 2 {
		return nil, fmt.Errorf("input 0 (%s): shape %s, must be [N,C,D1,…]", c.paramName(0), x)
	}
	if err := mustFit(c, 1, append(tensor.Shape{x[0]}, x[2:]...)); err != nil {
		return nil, err
	}
	if err := mustFit(c, 2, x[1:2]); err != nil {
		return nil, err
	}
	labels, _ := int64s(c.In[1].Value)
	for i, l := range labels {
		if x[1] != tensor.Unknown && (l < 0 || l >= int64(x[1])) && !(c.Attrs.Has("ignore_index") && l == c.Attrs.Int("ignore_index", 0)) {
			return nil, fmt.Errorf("label %d is %d, there are %d classes", i, l, x[1])
		}
	}
	return out, nil
}
