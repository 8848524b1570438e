package eval

import (
	"errors"
	"math"

	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

func reduceMean(r *run) error {
	axes, _, err := ops.ReduceMeanOf(r.Call)
	if err != nil {
		return err
	}
	over := make([]bool, len(r.in[0].Shape))
	for _, a := range axes {
		over[a] = true
	}
	return r.mean(over)
}

func globalAveragePool(r *run) error {
	over := make([]bool, len(r.in[0].Shape))
	for i := 2; i < len(over); i++ {
		over[i] = true
	}
	return r.mean(over)
}

// mean averages over the axes marked. No elements have the mean NaN.
func (r *run) mean(over []bool) error {
	switch out := r.out[0].Data.(type) {
	case []int32:
		return meanInt[int32, int64](r, over, out)
	case []int64:
		return meanInt[int64, int64](r, over, out)
	case []uint32:
		return meanInt[uint32, uint64](r, over, out)
	case []uint64:
		return meanInt[uint64, uint64](r, over, out)
	}
	in := r.in[0]
	sums, err := r.scratch(r.out[0].Elements())
	if err != nil {
		return err
	}
	loops, n := reduction(in.Shape, over)
	var row [256]float64
	err = r.walk(loops, [operands]int{}, func(l loop, at [operands]int) {
		for first := 0; first < l.n; first += len(row) {
			part := row[:min(len(row), l.n-first)]
			load(part, in, at[1]+first*l.step[1], l.step[1])
			for i, v := range part {
				sums[at[0]+(first+i)*l.step[0]] += v
			}
		}
	})
	if err != nil {
		return err
	}
	for i := range sums {
		sums[i] /= float64(n)
	}
	store(r.out[0], 0, 1, sums)
	return nil
}

// meanInt truncates the mean, of sums that wrap around.
func meanInt[T int32 | int64 | uint32 | uint64, A int64 | uint64](r *run, over []bool, out []T) error {
	if _, err := r.scratch(len(out)); err != nil {
		return err
	}
	sums, in := make([]A, len(out)), r.in[0].Data.([]T)
	loops, n := reduction(r.in[0].Shape, over)
	err := r.walk(loops, [operands]int{}, func(l loop, at [operands]int) {
		for i := range l.n {
			sums[at[0]+i*l.step[0]] += A(in[at[1]+i*l.step[1]])
		}
	})
	if err != nil {
		return err
	}
	if n == 0 && len(out) > 0 {
		return errors.New("the mean of no integers is not defined")
	}
	for i, sum := range sums {
		out[i] = T(sum / A(n))
	}
	return nil
}

// reduction is a loop nest over a shape in which operand 0 is the results, which
// stay in place along the axes marked, and operand 1 the elements. n is how many
// elements each result has.
func reduction(shape tensor.Shape, over []bool) (loops []loop, n int) {
	kept := shape.Clone()
	n = 1
	for i := range kept {
		if over[i] {
			n *= kept[i]
			kept[i] = 1
		}
	}
	return nest(shape, broadcastSteps(kept, shape), strides(shape)), n
}

// softmax works on rows: the elements of all normalised axes together.
func softmax(r *run) error {
	from, to, err := ops.SoftmaxOf(r.Call)
	if err != nil {
		return err
	}
	in, out := r.in[0], r.out[0]
	if in.Elements() == 0 {
		return nil
	}
	outer, n, inner := in.Shape[:from].Elements(), in.Shape[from:to].Elements(), in.Shape[to:].Elements()
	row, err := r.scratch(n)
	if err != nil {
		return err
	}
	for o := range outer {
		for i := range inner {
			first := o*n*inner + i
			load(row, in, first, inner)
			normalise(row)
			store(out, first, inner, row)
			if err := r.spend(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// normalise makes a row its softmax.
func normalise(row []float64) {
	top := math.Inf(-1)
	for _, v := range row {
		top = math.Max(top, v)
	}
	sum := 0.0
	for i, v := range row {
		row[i] = math.Exp(v - top)
		sum += row[i]
	}
	for i := range row {
		row[i] /= sum
	}
}

// batchNorm applies (x − mean) / √(var + ε) · scale + B channel by channel. A
// negative variance gives NaN.
func batchNorm(r *run) error {
	x, out := r.in[0], r.out[0]
	batch, channels, plane := 1, 1, x.Elements()
	if len(x.Shape) > 1 {
		batch, channels, plane = x.Shape[0], x.Shape[1], x.Shape[2:].Elements()
	}
	eps := float64(r.Attrs.Float("epsilon", 0))
	var row [256]float64
	for i := range batch * channels {
		c := i % channels
		scale := at(r.in[1], c) / math.Sqrt(at(r.in[4], c)+eps)
		bias, mean := at(r.in[2], c), at(r.in[3], c)
		for first := 0; first < plane; first += len(row) {
			part := row[:min(len(row), plane-first)]
			load(part, x, i*plane+first, 1)
			for k, v := range part {
				part[k] = float64((v-mean)*scale) + bias
			}
			store(out, i*plane+first, 1, part)
			if err := r.spend(len(part)); err != nil {
				return err
			}
		}
	}
	return nil
}
