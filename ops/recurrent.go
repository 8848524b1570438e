package ops

import (
	"fmt"
	"github.com/mixconv/mixconv/ops/op"
	"math"
	"strings"

	"github.com/mixconv/mixconv/tensor"
)

// Recurrent is the resolved geometry of a call of RNN, GRU or LSTM.
type Recurrent struct {
	Steps, Batch, Inputs, Hidden int
	Gates                        int      // vectors of Hidden that W and R have for each input
	Directions                   []string // forward, reverse
	BatchFirst                   bool     // layout 1
	Activations                  []Activation
}

// Activation is a function that a gate is passed through.
type Activation struct {
	Name        string // in lower case
	Alpha, Beta float64
}

var recurrentGates = map[op.Code]int{op.RNN: 1, op.GRU: 3, op.LSTM: 4}

// activationDefaults has the functions that recurrent operators may name, in
// lower case, with their alpha and beta.
var activationDefaults = map[string][2]float64{
	"relu": {}, "tanh": {}, "sigmoid": {}, "softsign": {}, "softplus": {},
	"affine": {1, 0}, "leakyrelu": {0.01}, "thresholdedrelu": {1}, "scaledtanh": {1, 1}, "hardsigmoid": {0.2, 0.5}, "elu": {1},
}

// RecurrentOf resolves a call of RNN, GRU or LSTM; sizes may be tensor.Unknown.
func RecurrentOf(c *Call) (Recurrent, error) {
	g := Recurrent{Gates: recurrentGates[c.Op.Code], BatchFirst: c.Attrs.Int("layout", 0) != 0}
	switch c.Attrs.String("direction", "forward") {
	case "forward", "foward": // so spelled in one schema
		g.Directions = []string{"forward"}
	case "reverse":
		g.Directions = []string{"reverse"}
	case "bidirectional":
		g.Directions = []string{"forward", "reverse"}
	default:
		return g, fmt.Errorf("attribute direction: %s, allowed forward, reverse, bidirectional", quote(c.Attrs.String("direction", "")))
	}
	x := c.In[0].Shape
	if x == nil {
		x = unknown(3)
	}
	if len(x) != 3 {
		return g, fmt.Errorf("input X: shape %s, must have rank 3", x)
	}
	g.Steps, g.Batch, g.Inputs = x[0], x[1], x[2]
	if g.BatchFirst {
		g.Steps, g.Batch = g.Batch, g.Steps
	}
	g.Hidden = tensor.Unknown
	if c.Attrs.Has("hidden_size") {
		h := c.Attrs.Int("hidden_size", 0)
		if h < 1 || h > math.MaxInt32 {
			return g, fmt.Errorf("attribute hidden_size: %d, allowed from 1", h)
		}
		g.Hidden = int(h)
	} else if r := c.In[2].Shape; len(r) == 3 {
		g.Hidden = r[2]
	}
	if err := g.checkInputs(c); err != nil {
		return g, err
	}
	return g, g.activations(c)
}

func (g *Recurrent) checkInputs(c *Call) error {
	d, rows, biases, peepholes := len(g.Directions), tensor.Unknown, tensor.Unknown, tensor.Unknown
	if g.Hidden != tensor.Unknown {
		rows, biases, peepholes = g.Gates*g.Hidden, 2*g.Gates*g.Hidden, 3*g.Hidden
	}
	state := tensor.Shape{d, g.Batch, g.Hidden}
	if g.BatchFirst {
		state = tensor.Shape{g.Batch, d, g.Hidden}
	}
	for i, want := range []tensor.Shape{1: {d, rows, g.Inputs}, 2: {d, rows, g.Hidden}, 3: {d, biases}, 4: {g.Batch}, 5: state, 6: state, 7: {d, peepholes}} {
		if err := mustFit(c, i, want); i > 0 && err != nil {
			return err
		}
	}
	lengths, _ := int64s(c.input(4).Value)
	for i, n := range lengths {
		if n < 0 || g.Steps != tensor.Unknown && n > int64(g.Steps) {
			return fmt.Errorf("input 4 (sequence_lens): %d of sample %d, there are %d steps", n, i, g.Steps)
		}
	}
	return nil
}

// activations resolves the functions of each direction: RNN has one, GRU two,
// LSTM three.
func (g *Recurrent) activations(c *Call) error {
	names := map[op.Code][]string{op.RNN: {"tanh"}, op.GRU: {"sigmoid", "tanh"}, op.LSTM: {"sigmoid", "tanh", "tanh"}}[c.Op.Code]
	for range g.Directions[1:] {
		names = append(names, names...)
	}
	if list := c.Attrs.Strings("activations"); len(list) >= len(names) {
		names = list[:len(names)]
	} else if len(list) > 0 {
		return fmt.Errorf("attribute activations: %d names, must be %d", len(list), len(names))
	}
	alpha, beta := c.Attrs.Floats("activation_alpha"), c.Attrs.Floats("activation_beta")
	for _, name := range names {
		a := Activation{Name: strings.ToLower(name)}
		defaults, ok := activationDefaults[a.Name]
		if !ok {
			return fmt.Errorf("attribute activations: %s", quote(name))
		}
		a.Alpha, a.Beta = defaults[0], defaults[1]
		// The lists have values for those functions alone that take one.
		if takes := a.Name != "relu" && defaults != [2]float64{}; takes && len(alpha) > 0 {
			a.Alpha, alpha = float64(alpha[0]), alpha[1:]
		}
		if takes := a.Name == "affine" || a.Name == "scaledtanh" || a.Name == "hardsigmoid"; takes && len(beta) > 0 {
			a.Beta, beta = float64(beta[0]), beta[1:]
		}
		g.Activations = append(g.Activations, a)
	}
	return nil
}

func inferRecurrent(c *Call) ([]Type, error) {
	g, err := RecurrentOf(c)
	if err != nil {
		return nil, err
	}
	d := len(g.Directions)
	y, last := tensor.Shape{g.Steps, d, g.Batch, g.Hidden}, tensor.Shape{d, g.Batch, g.Hidden}
	if g.BatchFirst {
		y, last = tensor.Shape{g.Batch, g.Steps, d, g.Hidden}, tensor.Shape{g.Batch, d, g.Hidden}
	}
	return []Type{{Shape: y}, {Shape: last}, {Shape: last}}[:c.Outputs], nil
}
