package ops

import (
	"fmt"

	"github.com/mixconv/mixconv/tensor"
)

// inferBatchNorm is for X's shape and, in training, the moving moments. The
// channel is axis 1, or none if X has but one axis.
func inferBatchNorm(c *Call) ([]Type, error) {
	training := c.Attrs.Int("training_mode", 0) != 0
	if c.Version < 14 && c.Outputs > 1 {
		return nil, c.unsupported("training mode, supported since opset 14")
	}
	if c.Outputs > 1 && !training {
		return nil, fmt.Errorf("%d outputs without training_mode, must be 1", c.Outputs)
	}
	if c.Attrs.Int("spatial", 1) == 0 {
		return nil, c.unsupported("spatial 0, supported is 1")
	}
	x := c.In[0].Shape
	channels := tensor.Unknown
	switch {
	case x == nil:
	case len(x) == 0:
		return nil, fmt.Errorf("input X: a scalar, must be [N,C,D1,…]")
	case len(x) == 1:
		channels = 1
	default:
		channels = x[1]
	}
	for i := 1; i < 5; i++ {
		s := c.In[i].Shape
		if s == nil {
			continue
		}
		if len(s) != 1 {
			return nil, fmt.Errorf("input %d (%s): shape %s, must be [C]", i, c.paramName(i), s)
		}
		d, ok := merge(channels, s[0])
		if !ok {
			return nil, fmt.Errorf("input %d (%s): %d elements, X has %d channels", i, c.paramName(i), s[0], channels)
		}
		channels = d
	}
	if training {
		moments := tensor.Shape{channels}
		return []Type{{Shape: x.Clone()}, {Shape: moments}, {Shape: moments}}[:c.Outputs], nil
	}
	return inferSame(c)
}
