package ops

import (
	"fmt"
	"slices"

	"github.com/mixconv/mixconv/tensor"
)

// inferLinearAttention is for queries [batch, length, heads·size], keys and
// values likewise, and a state [batch, heads of keys, key size, value size].
func inferLinearAttention(c *Call) ([]Type, error) {
	rule := c.Attrs.String("update_rule", "gated_delta")
	if !slices.Contains([]string{"linear", "gated", "delta", "gated_delta"}, rule) {
		return nil, fmt.Errorf("attribute update_rule: %s, allowed linear, gated, delta, gated_delta", quote(rule))
	}
	if gated, delta := rule == "gated" || rule == "gated_delta", rule == "delta" || rule == "gated_delta"; gated && !c.has(4) || delta && !c.has(5) {
		return nil, fmt.Errorf("attribute update_rule: %s, but decay or beta is missing", rule)
	}
	var h [3]tensor.Shape
	for i, attr := range []string{"q_num_heads", "kv_num_heads", "kv_num_heads"} {
		s := c.In[i].Shape
		if s == nil {
			return c.typedOutputs(nil, nil), nil
		}
		if len(s) != 3 {
			return nil, fmt.Errorf("input %d (%s): shape %s, must have rank 3", i, c.paramName(i), s)
		}
		var err error
		if h[i], err = headsOf(c, i, attr); err != nil {
			return nil, err
		}
	}
	q, k, v := h[0], h[1], h[2]
	if !fits(k[:3], v[:3]) || !fits(q[:1], k[:1]) || !fits(q[2:], k[2:]) || q[1]%k[1] != 0 {
		return nil, fmt.Errorf("queries, keys and values are [batch,heads,length,size] %s, %s and %s, which do not fit", q, k, v)
	}
	state := tensor.Shape{k[0], k[1], k[3], v[3]}
	if err := mustFit(c, 3, state); err != nil {
		return nil, err
	}
	batch, length := merged(q[0], k[0]), merged(q[2], k[2])
	for i, sizes := range map[int][]int{4: {k[1], c.In[1].Shape[2]}, 5: {k[1], 1}} {
		s := c.input(i).Shape
		if s != nil && (len(s) != 3 || !fits(s[:2], tensor.Shape{batch, length}) || s[2] != tensor.Unknown && !slices.Contains(sizes, tensor.Unknown) && !slices.Contains(sizes, s[2])) {
			return nil, fmt.Errorf("input %d (%s): shape %s, must be [%d,%d,%d or %d]", i, c.paramName(i), s, batch, length, sizes[0], sizes[1])
		}
	}
	wide := tensor.Unknown
	if v[3] != tensor.Unknown {
		var err error
		if wide, err = mul(q[1], v[3]); err != nil {
			return nil, err
		}
	}
	return c.typedOutputs(tensor.Shape{batch, length, wide}, state), nil
}

// merged is what is known of two dimensions that are equal.
func merged(a, b int) int {
	d, _ := merge(a, b)
	return d
}

// inferCausalConv is for x [batch, channels, length], a kernel [channels, 1, k]
// and the last k − 1 elements of what came before.
func inferCausalConv(c *Call) ([]Type, error) {
	if a := c.Attrs.String("activation", "none"); !slices.Contains([]string{"none", "silu", "swish"}, a) {
		return nil, fmt.Errorf("attribute activation: %s, allowed none, silu, swish", quote(a))
	}
	x, w := c.In[0].Shape, c.In[1].Shape
	if x == nil {
		x = unknown(3)
	}
	if w == nil {
		w = tensor.Shape{tensor.Unknown, 1, tensor.Unknown}
	}
	if len(x) != 3 || len(w) != 3 || w[2] == 0 || !fits(w[:2], tensor.Shape{x[1], 1}) {
		return nil, fmt.Errorf("shapes %s of input and %s of weight, must be [N,C,L] and [C,1,K]", x, w)
	}
	state := tensor.Shape{x[0], merged(x[1], w[0]), tensor.Unknown}
	if w[2] != tensor.Unknown {
		state[2] = w[2] - 1
	}
	if err := mustFit(c, 2, state[1:2]); err != nil {
		return nil, err
	}
	if err := mustFit(c, 3, state); err != nil {
		return nil, err
	}
	return []Type{{Shape: x.Clone()}, {Shape: state}}[:c.Outputs], nil
}
