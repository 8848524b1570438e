package ops

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// inferStringSplit is for the parts of every string, as many as the most that one
// has, and their number.
func inferStringSplit(c *Call) ([]Type, error) {
	x := c.In[0].Shape
	if x == nil {
		return []Type{{}, {}}[:c.Outputs], nil
	}
	return []Type{{Shape: append(x.Clone(), tensor.Unknown)}, {Shape: x.Clone()}}[:c.Outputs], nil
}

// inferStringNormalizer is for words, [C] or [1,C]: how many stay only a run tells.
func inferStringNormalizer(c *Call) ([]Type, error) {
	if action := c.Attrs.String("case_change_action", "NONE"); !slices.Contains([]string{"NONE", "LOWER", "UPPER"}, action) {
		return nil, fmt.Errorf("attribute case_change_action: %s, allowed NONE, LOWER, UPPER", quote(action))
	}
	x := c.In[0].Shape
	if x == nil {
		return one(nil), nil
	}
	if len(x) < 1 || len(x) > 2 || len(x) == 2 && x[0] != 1 && x[0] != tensor.Unknown {
		return nil, fmt.Errorf("input X: shape %s, must be [C] or [1,C]", x)
	}
	out := x.Clone()
	out[len(out)-1] = tensor.Unknown
	return one(out), nil
}
