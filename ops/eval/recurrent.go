package eval

import (
	"math"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// recurrent is one direction of an RNN, a GRU or an LSTM.
type recurrent struct {
	ops.Recurrent
	w, r       []float64 // [gates·hidden, inputs], [gates·hidden, hidden]
	bw, br     []float64 // [gates·hidden] or nil
	peepholes  []float64 // [3·hidden] or nil
	act        []func(float64) float64
	clip       float64 // of what goes into a function; 0: none
	coupled    bool    // LSTM: the forget gate is what the input gate leaves
	resetAfter bool    // GRU: linear_before_reset
	run        *run
	err        error // of counting operations; what follows it means nothing
}

// cell computes the next hidden state from an input, in place; c is LSTM's cell
// state.
type cell func(d *recurrent, x, h, c []float64)

func recur(step cell) kernel {
	return func(r *run) error {
		g, err := ops.RecurrentOf(r.Call)
		if err != nil {
			return err
		}
		var in [8][]float64 // X, W, R, B, sequence_lens, initial_h, initial_c, P
		for i := range in {
			if in[i], err = r.optional(i); err != nil {
				return err
			}
		}
		for d := range g.Directions {
			dir := r.direction(g, d, in)
			for b := range g.Batch {
				if err := r.sequence(dir, step, d, b, in); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// direction takes the parameters of direction d.
func (r *run) direction(g ops.Recurrent, d int, in [8][]float64) *recurrent {
	rows := g.Gates * g.Hidden
	part := func(x []float64, n int) []float64 {
		if x == nil {
			return nil
		}
		return x[d*n:][:n]
	}
	dir := &recurrent{run: r, Recurrent: g, w: part(in[1], rows*g.Inputs), r: part(in[2], rows*g.Hidden), peepholes: part(in[7], 3*g.Hidden)}
	if b := part(in[3], 2*rows); b != nil {
		dir.bw, dir.br = b[:rows], b[rows:]
	}
	n := len(g.Activations) / len(g.Directions)
	for _, a := range g.Activations[d*n:][:n] {
		dir.act = append(dir.act, gateFunction(a))
	}
	dir.clip = float64(r.Attrs.Float("clip", 0))
	dir.coupled, dir.resetAfter = r.Attrs.Int("input_forget", 0) != 0, r.Attrs.Int("linear_before_reset", 0) != 0
	return dir
}

// sequence runs one sample through a direction.
func (r *run) sequence(dir *recurrent, step cell, d, b int, in [8][]float64) error {
	g := dir.Recurrent
	state := func(row int) int { return (d*g.Batch + b) * row }
	if g.BatchFirst {
		state = func(row int) int { return (b*len(g.Directions) + d) * row }
	}
	h, c := make([]float64, g.Hidden), make([]float64, g.Hidden)
	for i, s := range [][]float64{h, c} {
		if from := in[5+i]; from != nil {
			copy(s, from[state(g.Hidden):])
		}
	}
	length := g.Steps
	if in[4] != nil {
		length = tensor.IntWithin(in[4][b], 0, g.Steps)
	}
	for i := range length {
		t := i
		if g.Directions[d] == "reverse" {
			t = length - 1 - i
		}
		at, to := t*g.Batch+b, (t*len(g.Directions)+d)*g.Batch+b
		if g.BatchFirst {
			at, to = b*g.Steps+t, (b*g.Steps+t)*len(g.Directions)+d
		}
		step(dir, in[0][at*g.Inputs:][:g.Inputs], h, c)
		if dir.err != nil {
			return dir.err
		}
		store(r.out[0], to*g.Hidden, 1, h)
	}
	for i, s := range [][]float64{h, c}[:len(r.out)-1] {
		store(r.out[1+i], state(g.Hidden), 1, s)
	}
	return nil
}

// gate is the sum that goes into unit i of a gate.
func (d *recurrent) gate(gate, i int, x, h []float64) (input, state float64) {
	if d.err != nil {
		return 0, 0
	}
	d.err = d.run.spend(d.Inputs + d.Hidden + 1)
	row := gate*d.Hidden + i
	input = inner[float64, float64](d.w, x, row*d.Inputs, 1, 0, 1, d.Inputs)
	state = inner[float64, float64](d.r, h, row*d.Hidden, 1, 0, 1, d.Hidden)
	if d.bw != nil {
		input, state = input+d.bw[row], state+d.br[row]
	}
	return input, state
}

// f applies function k to v, clipped.
func (d *recurrent) f(k int, v float64) float64 {
	if d.clip > 0 {
		v = min(max(v, -d.clip), d.clip)
	}
	return d.act[k](v)
}

func rnnCell(d *recurrent, x, h, _ []float64) {
	next := make([]float64, len(h))
	for i := range next {
		a, b := d.gate(0, i, x, h)
		next[i] = d.f(0, a+b)
	}
	copy(h, next)
}

// gruCell has the gates update, reset and hidden, in this order.
func gruCell(d *recurrent, x, h, _ []float64) {
	n := len(h)
	update, reset, gated, next := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		a, b := d.gate(0, i, x, h)
		update[i] = d.f(0, a+b)
		a, b = d.gate(1, i, x, h)
		reset[i] = d.f(0, a+b)
		gated[i] = reset[i] * h[i]
	}
	for i := range n {
		a, b := d.gate(2, i, x, h)
		if d.resetAfter {
			b *= reset[i]
		} else {
			_, b = d.gate(2, i, x, gated)
		}
		next[i] = (1-update[i])*d.f(1, a+b) + update[i]*h[i]
	}
	copy(h, next)
}

// lstmCell has the gates input, output, forget and cell, in this order;
// peepholes input, output and forget.
func lstmCell(d *recurrent, x, h, c []float64) {
	n := len(h)
	next := make([]float64, n)
	peep := func(gate, i int, c float64) float64 {
		if d.peepholes == nil {
			return 0
		}
		return d.peepholes[gate*n+i] * c
	}
	for i := range n {
		a, b := d.gate(0, i, x, h)
		input := d.f(0, a+b+peep(0, i, c[i]))
		a, b = d.gate(2, i, x, h)
		forget := d.f(0, a+b+peep(2, i, c[i]))
		if d.coupled {
			forget = 1 - input
		}
		a, b = d.gate(3, i, x, h)
		c[i] = forget*c[i] + input*d.f(1, a+b)
		a, b = d.gate(1, i, x, h)
		next[i] = d.f(0, a+b+peep(1, i, c[i])) * d.act[2](c[i])
	}
	copy(h, next)
}

func gateFunction(a ops.Activation) func(float64) float64 {
	switch a.Name {
	case "relu":
		return positivePart[float64]
	case "tanh":
		return math.Tanh
	case "softsign":
		return softsign
	case "softplus":
		return softplus
	case "affine":
		return func(x float64) float64 { return a.Alpha*x + a.Beta }
	case "leakyrelu":
		return func(x float64) float64 { return leakyRelu(x, a.Alpha) }
	case "thresholdedrelu":
		return func(x float64) float64 { return thresholdedRelu(x, a.Alpha) }
	case "scaledtanh":
		return func(x float64) float64 { return a.Alpha * math.Tanh(a.Beta*x) }
	case "hardsigmoid":
		return func(x float64) float64 { return hardSigmoid(x, a.Alpha, a.Beta) }
	case "elu":
		return func(x float64) float64 { return elu(x, a.Alpha) }
	}
	return sigmoid
}
