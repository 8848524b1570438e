package ops

import (
	"fmt"
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// Attention is the resolved geometry of a call of Attention. Sizes that depend
// on an unknown dimension are tensor.Unknown.
type Attention struct {
	Batch, Heads, KVHeads int
	Queries, Keys, Past   int // sequence lengths; Keys without the Past ones
	Size, ValueSize       int // of one head's vectors
}

// Total is the number of keys that a query may attend to.
func (a Attention) Total() int {
	if a.Keys == tensor.Unknown || a.Past == tensor.Unknown {
		return tensor.Unknown
	}
	return a.Keys + a.Past
}

// AttentionOf resolves a call of Attention whose shapes are known.
func AttentionOf(c *Call) (Attention, error) {
	for i, t := range c.In {
		if t.Present() && !t.Shape.Known() {
			return Attention{}, fmt.Errorf("input %d: shape %s is not known", i, t.Shape)
		}
	}
	return attentionOf(c)
}

// attentionOf resolves what it can; the ranks of Q, K and V are known.
func attentionOf(c *Call) (a Attention, err error) {
	var vectors [3]tensor.Shape // [batch, heads, length, size]
	for i, attr := range []string{"q_num_heads", "kv_num_heads", "kv_num_heads"} {
		if vectors[i], err = headsOf(c, i, attr); err != nil {
			return a, err
		}
	}
	q, k, v := vectors[0], vectors[1], vectors[2]
	a = Attention{q[0], q[1], k[1], q[2], k[2], 0, q[3], v[3]}
	if !fits(k[:3], v[:3]) || !fits(q[:1], k[:1]) || !fits(q[3:], k[3:]) {
		return a, fmt.Errorf("queries, keys and values are [batch,heads,length,size] %s, %s and %s, which do not fit", q, k, v)
	}
	if a.KVHeads == 0 || a.Heads != tensor.Unknown && a.KVHeads > 0 && a.Heads%a.KVHeads != 0 {
		return a, fmt.Errorf("%d heads of queries for %d of keys, must be a multiple", a.Heads, a.KVHeads)
	}
	if c.has(4) != c.has(5) || c.has(4) && c.has(6) {
		return a, fmt.Errorf("past_key, past_value and nonpad_kv_seqlen, allowed both of the first or the last alone")
	}
	if c.has(4) {
		if a.Past = tensor.Unknown; len(c.In[4].Shape) == 4 {
			a.Past = c.In[4].Shape[2]
		}
		if err := mustFit(c, 4, tensor.Shape{k[0], k[1], a.Past, k[3]}); err != nil {
			return a, err
		}
		if err := mustFit(c, 5, tensor.Shape{v[0], v[1], a.Past, v[3]}); err != nil {
			return a, err
		}
	}
	if err := mustFit(c, 6, tensor.Shape{a.Batch}); err != nil {
		return a, err
	}
	return a, a.checkMask(c)
}

// checkMask checks that the mask broadcasts to [batch, heads, queries, keys]; its
// last dimension may be shorter.
func (a Attention) checkMask(c *Call) error {
	m := c.input(3).Shape
	if m == nil {
		return nil
	}
	full := tensor.Shape{a.Batch, a.Heads, a.Queries, a.Total()}
	if len(m) == 0 || len(m) > 4 {
		return fmt.Errorf("input 3 (attn_mask): shape %s, must broadcast to %s", m, full)
	}
	for i, d := range m {
		want, last := full[4-len(m)+i], i == len(m)-1
		if d == tensor.Unknown || want == tensor.Unknown || d == want || d == 1 && !last || last && d < want {
			continue
		}
		return fmt.Errorf("input 3 (attn_mask): shape %s, must broadcast to %s", m, full)
	}
	return nil
}

// headsOf sees input i, [batch, heads, length, size] or [batch, length,
// heads·size], as the first.
func headsOf(c *Call, i int, attr string) (tensor.Shape, error) {
	s := c.In[i].Shape
	switch len(s) {
	case 4:
		return s, nil
	case 3:
		n := c.Attrs.Int(attr, 0)
		if n < 1 || n > math.MaxInt32 || s[2] != tensor.Unknown && s[2]%int(n) != 0 {
			return nil, fmt.Errorf("attribute %s: %d for input %d (%s) of shape %s, must divide its last dimension", attr, n, i, c.paramName(i), s)
		}
		size := tensor.Unknown
		if s[2] != tensor.Unknown {
			size = s[2] / int(n)
		}
		return tensor.Shape{s[0], int(n), s[1], size}, nil
	}
	return nil, fmt.Errorf("input %d (%s): shape %s, must have rank 3 or 4", i, c.paramName(i), s)
}

func inferAttention(c *Call) ([]Type, error) {
	for _, t := range c.In[:3] {
		if t.Shape == nil {
			return c.typedOutputs(nil, nil, nil, nil), nil
		}
	}
	a, err := attentionOf(c)
	if err != nil {
		return nil, err
	}
	if mode := c.Attrs.Int("qk_matmul_output_mode", 0); mode < 0 || mode > 3 {
		return nil, fmt.Errorf("attribute qk_matmul_output_mode: %d, allowed 0 to 3", mode)
	}
	y := tensor.Shape{a.Batch, a.Heads, a.Queries, a.ValueSize}
	if len(c.In[0].Shape) == 3 {
		wide := tensor.Unknown
		if a.ValueSize != tensor.Unknown {
			if wide, err = mul(a.Heads, a.ValueSize); err != nil {
				return nil, err
			}
		}
		y = tensor.Shape{a.Batch, a.Queries, wide}
	}
	total := a.Total()
	return c.typedOutputs(y,
		tensor.Shape{a.Batch, a.KVHeads, total, a.Size},
		tensor.Shape{a.Batch, a.KVHeads, total, a.ValueSize},
		tensor.Shape{a.Batch, a.Heads, a.Queries, total}), nil
}

// typedOutputs gives the outputs that the node has these shapes. An element
// type that no input has is the first input's.
func (c *Call) typedOutputs(shapes ...tensor.Shape) []Type {
	bound, _ := c.bind()
	out := make([]Type, min(c.Outputs, len(shapes)))
	for i := range out {
		out[i].Shape = shapes[i]
		if c.spec.output(c.spec.out[i].typ, bound) == tensor.Undefined {
			out[i].DType = c.In[0].DType
		}
	}
	return out
}

// inferRotary is for X [batch, heads, length, size] or [batch, length,
// heads·size] and caches of cosines and sines, a row for each position, or
// with position_ids for each position that they may name.
func inferRotary(c *Call) ([]Type, error) {
	x := c.In[0].Shape
	if x == nil {
		return inferSame(c)
	}
	heads, err := headsOf(c, 0, "num_heads")
	if err != nil {
		return nil, err
	}
	size := heads[3]
	n := c.Attrs.Int("rotary_embedding_dim", 0)
	if n < 0 || n%2 != 0 || size != tensor.Unknown && (n > int64(size) || n == 0 && size%2 != 0) {
		return nil, fmt.Errorf("attribute rotary_embedding_dim: %d of %d, must be even", n, size)
	}
	half := tensor.Unknown
	switch {
	case n > 0:
		half = int(n) / 2
	case size != tensor.Unknown:
		half = size / 2
	}
	cache := tensor.Shape{heads[0], heads[2], half}
	if c.has(3) {
		if err := mustFit(c, 3, tensor.Shape{heads[0], heads[2]}); err != nil {
			return nil, err
		}
		cache = tensor.Shape{tensor.Unknown, half}
		if s := c.In[1].Shape; len(s) == 2 {
			cache[0] = s[0]
			if err := checkIndices(c.In[3], s[0]); err != nil {
				return nil, err
			}
		}
	}
	for i := 1; i <= 2; i++ {
		if err := mustFit(c, i, cache); err != nil {
			return nil, err
		}
	}
	return inferSame(c)
}
