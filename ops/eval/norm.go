package eval

import (
	"math"

	"github.com/mixconv/mixconv/tensor"
)

// spread returns t's elements as floats, broadcast to a shape.
func (r *run) spread(t *tensor.Tensor, shape tensor.Shape) ([]float64, error) {
	wide, err := r.as(tensor.Float64, t)
	if err != nil {
		return nil, err
	}
	out, err := r.scratch(shape.Elements())
	if err != nil {
		return nil, err
	}
	return out, r.expandTo(tensor.Of(out, shape...), wide)
}

// normalisation is what the operators that normalise rows differ in.
type normalisation struct {
	view        tensor.Shape // how input 0 is seen
	over        []bool       // the axes of view that a row has
	scale, bias []float64    // for every element, or nil
	uncentred   bool         // the mean is taken as 0
	spread      func(variance float64) float64
	stats       func(row int, mean, spread float64) // or nil
}

// run writes (x − mean) / spread(variance) · scale + bias, rows by themselves.
func (n normalisation) run(r *run) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	return eachRow(r, rowsOver(n.view, n.over), x, func(i int, row []float64, at []int) error {
		mean := 0.0
		if !n.uncentred {
			mean = meanOf(row)
		}
		for k := range row {
			row[k] -= mean
		}
		spread := n.spread(squaresOf(row) / float64(len(row)))
		for k, v := range row {
			v /= spread
			if n.scale != nil {
				v *= n.scale[at[k]]
			}
			if n.bias != nil {
				v += n.bias[at[k]]
			}
			store(r.out[0], at[k], 1, []float64{v})
		}
		if n.stats != nil {
			n.stats(i, mean, spread)
		}
		return nil
	})
}

// deviation is √(variance + ε).
func (r *run) deviation() func(float64) float64 {
	eps := float64(r.Attrs.Float("epsilon", 0))
	return func(variance float64) float64 { return math.Sqrt(variance + eps) }
}

// layerNorm is LayerNormalization and, uncentred, RMSNormalization.
func layerNorm(uncentred bool) kernel {
	return func(r *run) error {
		axis, err := r.Axis()
		if err != nil {
			return err
		}
		x := r.in[0].Shape
		n := normalisation{view: x, over: axesFrom(axis, len(x)), uncentred: uncentred, spread: r.deviation()}
		if n.scale, err = r.spread(r.in[1], x); err != nil {
			return err
		}
		if r.has(2) {
			if n.bias, err = r.spread(r.in[2], x); err != nil {
				return err
			}
		}
		n.stats = func(row int, mean, spread float64) {
			for i, v := range []float64{mean, 1 / spread}[:len(r.out)-1] {
				store(r.out[1+i], row, 1, []float64{v})
			}
		}
		return n.run(r)
	}
}

// instanceNorm normalises every channel of every picture.
func instanceNorm(r *run) error {
	x := r.in[0].Shape
	return r.channelNorm(x, axesFrom(2, len(x)), x)
}

// groupNorm normalises groups of channels. Before opset 21 scale and bias are
// one a group.
func groupNorm(r *run) error {
	x, groups := r.in[0].Shape, int(r.Attrs.Int("num_groups", 1))
	view := tensor.Shape{x[0], groups, x[1:].Elements() / groups}
	scaled := x
	if r.Version < 21 {
		scaled = view
	}
	return r.channelNorm(view, axesFrom(2, 3), scaled)
}

// channelNorm normalises rows of view; scale and bias are along axis 1 of
// scaled, another view of the same elements.
func (r *run) channelNorm(view tensor.Shape, over []bool, scaled tensor.Shape) error {
	along := make([]int, len(scaled)-1)
	for i := range along {
		along[i] = 1
	}
	along[0] = scaled[1]
	n := normalisation{view: view, over: over, spread: r.deviation()}
	var err error
	if n.scale, err = r.spread(r.in[1].Reshape(along...), scaled); err != nil {
		return err
	}
	if n.bias, err = r.spread(r.in[2].Reshape(along...), scaled); err != nil {
		return err
	}
	return n.run(r)
}

func meanVariance(r *run) error {
	x := r.in[0].Shape
	over := make([]bool, len(x))
	for _, a := range r.Attrs.Ints("axes") {
		over[wrapped(a, len(x))] = true
	}
	return normalisation{view: x, over: over, spread: func(variance float64) float64 { return math.Sqrt(variance) + 1e-9 }}.run(r)
}

// lrn divides by a power of the squares of the channels around.
func lrn(r *run) error {
	x, err := r.floats(r.in[0])
	if err != nil {
		return err
	}
	size := int(min(r.Attrs.Int("size", 1), math.MaxInt32))
	alpha, beta, bias := float64(r.Attrs.Float("alpha", 0)), float64(r.Attrs.Float("beta", 0)), float64(r.Attrs.Float("bias", 0))
	return eachRow(r, rowsOver(r.in[0].Shape, axisOnly(1, len(r.in[0].Shape))), x, func(_ int, row []float64, at []int) error {
		for c, v := range row {
			around := row[max(0, c-(size-1)/2):min(len(row), c+size/2+1)]
			v /= math.Pow(bias+alpha/float64(size)*squaresOf(around), beta)
			store(r.out[0], at[c], 1, []float64{v})
			if err := r.spend(len(around)); err != nil {
				return err
			}
		}
		return nil
	})
}
