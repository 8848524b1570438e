package eval

import (
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// linearAttention runs the recurrence of every head of keys over the sequence:
// the state S [key size, value size] decays, then takes in k ⊗ v, or with delta
// what of v it does not have yet, β·k ⊗ (v − Sᵀk); queries read scale · Sᵀq.
func linearAttention(r *run) error {
	var in [6][]float64 // query, key, value, past_state, decay, beta
	for i := range in {
		var err error
		if in[i], err = r.optional(i); err != nil {
			return err
		}
	}
	qHeads, kvHeads := int(r.Attrs.Int("q_num_heads", 1)), int(r.Attrs.Int("kv_num_heads", 1))
	batch, length := r.in[1].Shape[0], r.in[1].Shape[1]
	nk, nv := r.in[1].Shape[2]/kvHeads, r.in[2].Shape[2]/kvHeads
	scale := float64(r.Attrs.Float("scale", 0))
	if scale == 0 {
		scale = 1 / math.Sqrt(float64(nk))
	}
	rule := r.Attrs.String("update_rule", "")
	state, err := r.scratch(batch * kvHeads * nk * nv)
	if err != nil {
		return err
	}
	copy(state, in[3])
	read, missing := make([]float64, nv), make([]float64, nv)
	for b := range batch {
		for t := range length {
			at := b*length + t
			for h := range kvHeads {
				s := state[(b*kvHeads+h)*nk*nv:][:nk*nv]
				k, v := in[1][(at*kvHeads+h)*nk:][:nk], in[2][(at*kvHeads+h)*nv:][:nv]
				if rule == "gated" || rule == "gated_delta" {
					width := r.in[4].Shape[2] / kvHeads // 1, or one a row of the state
					for i := range nk {
						scaleBy(s[i*nv:][:nv], math.Exp(in[4][(at*kvHeads+h)*width+i%width]))
					}
				}
				copy(missing, v)
				if rule == "delta" || rule == "gated_delta" {
					width := r.in[5].Shape[2]
					readState(read, s, k)
					for j := range missing {
						missing[j] = in[5][at*width+h%width] * (v[j] - read[j])
					}
				}
				for i, w := range k {
					addScaled(s[i*nv:][:nv], w, missing)
				}
				for q := h * (qHeads / kvHeads); q < (h+1)*(qHeads/kvHeads); q++ {
					readState(read, s, in[0][(at*qHeads+q)*nk:][:nk])
					scaleBy(read, scale)
					store(r.out[0], (at*qHeads+q)*nv, 1, read)
				}
				if err := r.spend(nk * nv * (3 + qHeads/kvHeads)); err != nil {
					return err
				}
			}
		}
	}
	if len(r.out) > 1 {
		store(r.out[1], 0, 1, state)
	}
	return nil
}

// readState sets read to Sᵀk.
func readState(read, s, k []float64) {
	clear(read)
	for i, w := range k {
		addScaled(read, w, s[i*len(read):][:len(read)])
	}
}

func scaleBy(x []float64, w float64) {
	for i := range x {
		x[i] *= w
	}
}

// causalConv is CausalConvWithState: a depthwise convolution over what came
// before and the input, whose end is the state for what comes next.
func causalConv(r *run) error {
	var in [4][]float64 // input, weight, bias, past_state
	for i := range in {
		var err error
		if in[i], err = r.optional(i); err != nil {
			return err
		}
	}
	x, k := r.in[0].Shape, r.in[1].Shape[2]
	activate := func(v float64) float64 { return v }
	if r.Attrs.String("activation", "none") != "none" {
		activate = func(v float64) float64 { return swish(v, 1) }
	}
	all, err := r.scratch(k - 1 + x[2])
	if err != nil {
		return err
	}
	return r.eachIndex(tensor.Shape{x[0], x[1]}, func(row int, index []int) error {
		clear(all[:k-1])
		if in[3] != nil {
			copy(all, in[3][row*(k-1):][:k-1])
		}
		copy(all[k-1:], in[0][row*x[2]:][:x[2]])
		for t := range x[2] {
			sum := inner[float64, float64](in[1], all, index[1]*k, 1, t, 1, k)
			if in[2] != nil {
				sum += in[2][index[1]]
			}
			store(r.out[0], row*x[2]+t, 1, []float64{activate(sum)})
		}
		if len(r.out) > 1 {
			store(r.out[1], row*(k-1), 1, all[x[2]:])
		}
		return r.spend(k * (x[2] + 1))
	})
}
