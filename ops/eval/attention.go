package eval

import (
	"math"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// heads is a tensor of vectors, [batch, heads, length, size] or [batch, length,
// heads·size].
type heads struct {
	x            []float64
	shape        tensor.Shape
	heads, width int
}

// vector is one head's vector at one place.
func (h heads) vector(batch, head, at int) []float64 {
	s, row := h.shape, 0
	if len(s) == 4 {
		row = (batch*s[1]+head)*s[2] + at
	} else {
		row = (batch*s[1]+at)*h.heads + head
	}
	return h.x[row*h.width:][:h.width]
}

func (r *run) heads(i, n, width int) (heads, error) {
	if !r.has(i) {
		return heads{}, nil
	}
	x, err := r.floats(r.in[i])
	return heads{x, r.in[i].Shape, n, width}, err
}

// attention is softmax(Q·Kᵀ·scale + mask) · V for every head.
type attention struct {
	ops.Attention
	q, k, v, pastK, pastV heads
	mask                  []float64 // [queries, keys] or more dimensions, by steps; nil: none
	steps                 []int     // of the mask along batch, heads, queries, keys
	masked                int       // how many keys the mask has
	scale, softcap        float64
	causal                bool
	left, right           int
	filled                []int64 // keys that are no padding, for each sample; nil: all
}

func attend(r *run) error {
	a, err := r.attention()
	if err != nil {
		return err
	}
	if err := a.presents(r); err != nil {
		return err
	}
	scores, err := r.scratch(a.Total())
	if err != nil {
		return err
	}
	y := heads{nil, r.out[0].Shape, a.Heads, a.ValueSize}
	if y.x, err = r.scratch(r.out[0].Elements()); err != nil {
		return err
	}
	for b := range a.Batch {
		for h := range a.Heads {
			for q := range a.Queries {
				a.query(r, b, h, q, scores)
				out := y.vector(b, h, q)
				for k, w := range scores {
					if w != 0 {
						addScaled(out, w, a.value(b, h, k))
					}
				}
				if err := r.spend(a.Total() * (a.Size + a.ValueSize + 1)); err != nil {
					return err
				}
			}
		}
	}
	store(r.out[0], 0, 1, y.x)
	return nil
}

func (r *run) attention() (a attention, err error) {
	if a.Attention, err = ops.AttentionOf(r.Call); err != nil {
		return a, err
	}
	for _, part := range []struct {
		to       *heads
		at, n, w int
	}{{&a.q, 0, a.Heads, a.Size}, {&a.k, 1, a.KVHeads, a.Size}, {&a.v, 2, a.KVHeads, a.ValueSize},
		{&a.pastK, 4, a.KVHeads, a.Size}, {&a.pastV, 5, a.KVHeads, a.ValueSize}} {
		if *part.to, err = r.heads(part.at, part.n, part.w); err != nil {
			return a, err
		}
	}
	a.scale = 1 / math.Sqrt(float64(a.Size))
	if r.Attrs.Has("scale") {
		a.scale = float64(r.Attrs.Float("scale", 0))
	}
	a.softcap, a.causal = float64(r.Attrs.Float("softcap", 0)), r.Attrs.Int("is_causal", 0) != 0
	a.left, a.right = int(r.Attrs.Int("left_window_size", -1)), int(r.Attrs.Int("right_window_size", -1))
	if r.has(6) {
		a.filled = tensor.Data[int64](r.in[6])
	}
	return a, a.readMask(r)
}

// readMask makes what is added to the scores: of a bool, 0 where it is true.
func (a *attention) readMask(r *run) error {
	if !r.has(3) {
		return nil
	}
	m := r.in[3]
	x, err := r.floats(m)
	if err != nil {
		return err
	}
	a.mask = x
	if m.DType == tensor.Bool {
		if a.mask, err = r.scratch(len(x)); err != nil {
			return err
		}
		for i, v := range x {
			if v == 0 {
				a.mask[i] = math.Inf(-1)
			}
		}
	}
	a.masked = m.Shape[len(m.Shape)-1]
	a.steps = broadcastSteps(m.Shape, tensor.Shape{a.Batch, a.Heads, a.Queries, a.masked})
	if a.masked == 1 {
		a.steps[3] = 1
	}
	return nil
}

func (a *attention) key(b, h, k int) []float64 {
	return pick(a.pastK, a.k, a.Past, b, h/(a.Heads/a.KVHeads), k)
}
func (a *attention) value(b, h, k int) []float64 {
	return pick(a.pastV, a.v, a.Past, b, h/(a.Heads/a.KVHeads), k)
}

func pick(past, now heads, n, b, h, k int) []float64 {
	if k < n {
		return past.vector(b, h, k)
	}
	return now.vector(b, h, k-n)
}

// query sets scores to the weight of every key for one query, and keeps what
// output 3 asks for.
func (a *attention) query(r *run, b, h, q int, scores []float64) {
	mode, keep := r.Attrs.Int("qk_matmul_output_mode", 0), func(int64) {}
	if len(r.out) > 3 {
		keep = func(stage int64) {
			if stage == mode {
				store(r.out[3], ((b*a.Heads+h)*a.Queries+q)*len(scores), 1, scores)
			}
		}
	}
	vector := a.q.vector(b, h, q)
	for k := range scores {
		scores[k] = a.scale * inner[float64, float64](vector, a.key(b, h, k), 0, 1, 0, 1, a.Size)
	}
	keep(0)
	if a.softcap > 0 {
		for k, v := range scores {
			scores[k] = a.softcap * math.Tanh(v/a.softcap)
		}
	}
	keep(1)
	for k := range scores {
		scores[k] += a.bias(b, h, q, k)
	}
	keep(2)
	if len(scores) == 0 || math.IsInf(maxOf(scores), -1) {
		clear(scores) // nothing to attend to
	} else {
		normalise(r, scores)
	}
	keep(3)
}

// bias is what is added to the score of a key: 0 or −∞, or what the mask says.
func (a *attention) bias(b, h, q, k int) float64 {
	position := q + a.Past
	if a.filled != nil {
		position = q + int(a.filled[b]) - a.Queries
	}
	switch {
	case a.causal && k > position,
		a.left >= 0 && k < position-a.left,
		a.right >= 0 && k > position+a.right,
		a.filled != nil && int64(k) >= a.filled[b]:
		return math.Inf(-1)
	case a.mask == nil:
		return 0
	case k >= a.masked:
		return math.Inf(-1)
	}
	return a.mask[offsetOf([]int{b, h, q, k}, a.steps)]
}

// presents writes the keys and values, past and new, as outputs 1 and 2.
func (a *attention) presents(r *run) error {
	for i, from := range []func(b, h, k int) []float64{
		func(b, h, k int) []float64 { return pick(a.pastK, a.k, a.Past, b, h, k) },
		func(b, h, k int) []float64 { return pick(a.pastV, a.v, a.Past, b, h, k) },
	} {
		if len(r.out) <= 1+i {
			return nil
		}
		out := r.out[1+i]
		err := r.eachIndex(out.Shape[:3], func(n int, index []int) error {
			store(out, n*out.Shape[3], 1, from(index[0], index[1], index[2]))
			return r.spend(out.Shape[3])
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// rotary is RotaryEmbedding: pairs of a vector's elements are rotated by the
// angle of its position. A pair is two neighbours, or one of either half.
func rotary(r *run) error {
	x := r.in[0].Shape
	n, length := int(r.Attrs.Int("num_heads", 0)), x[1]
	if len(x) == 4 {
		n, length = x[1], x[2]
	}
	width := x[1:].Elements() / n / length
	in, err := r.heads(0, n, width)
	if err != nil {
		return err
	}
	cos, err := r.floats(r.in[1])
	if err != nil {
		return err
	}
	sin, err := r.floats(r.in[2])
	if err != nil {
		return err
	}
	half := r.in[1].Shape[len(r.in[1].Shape)-1]
	y, err := r.scratch(len(in.x))
	if err != nil {
		return err
	}
	copy(y, in.x)
	out := heads{y, x, n, width}
	err = r.eachIndex(tensor.Shape{x[0], length, n}, func(_ int, index []int) error {
		row := index[0]*length + index[1]
		if r.has(3) {
			row = wrapped(tensor.Data[int64](r.in[3])[row], r.in[1].Shape[0])
		}
		from, to := in.vector(index[0], index[2], index[1]), out.vector(index[0], index[2], index[1])
		for i := range half {
			a, b := i, i+half
			if r.Attrs.Int("interleaved", 0) != 0 {
				a, b = 2*i, 2*i+1
			}
			c, s := cos[row*half+i], sin[row*half+i]
			to[a], to[b] = c*from[a]-s*from[b], s*from[a]+c*from[b]
		}
		return r.spend(half)
	})
	store(r.out[0], 0, 1, y)
	return err
}
