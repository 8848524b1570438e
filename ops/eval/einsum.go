package eval

import (
	"fmt"

	"github.com/mixconv/mixconv/limit"
	"github.com/mixconv/mixconv/ops"
	"github.com/mixconv/mixconv/tensor"
)

// einsum multiplies what all inputs have at every index of all labels, and adds
// up over those that the output lacks.
func einsum(r *run) error {
	e, ok, err := ops.EinsumOf(r.Call)
	if err != nil || !ok {
		return fmt.Errorf("a rank is not known: %w", err)
	}
	if _, _, err := tensor.Size(tensor.Uint8, e.Dims); err != nil { // also where an output has few elements
		return limit.Exceeded("the sizes of all labels: %v", err)
	}
	var in []*tensor.Tensor
	for _, t := range r.in {
		wide, err := r.widest(t)
		if err != nil {
			return err
		}
		in = append(in, wide)
	}
	switch in[0].DType {
	case tensor.Float64:
		return sumProducts[float64](r, e, in)
	case tensor.Int64:
		return sumProducts[int64](r, e, in)
	}
	return sumProducts[uint64](r, e, in)
}

func sumProducts[A number](r *run, e ops.Einsum, in []*tensor.Tensor) error {
	data, steps := make([][]A, len(in)), make([][]int, len(in)) // steps along every label
	for i, t := range in {
		data[i], steps[i] = t.Data.([]A), make([]int, len(e.Dims))
		for axis, step := range strides(t.Shape) {
			if t.Shape[axis] != 1 {
				steps[i][e.Inputs[i][axis]] += step
			}
		}
	}
	return r.eachIndex(e.Dims[:e.Out], func(o int, index []int) error {
		base := make([]int, len(in))
		for i := range base {
			base[i] = offsetOf(index, steps[i])
		}
		var sum A
		err := r.eachIndex(e.Dims[e.Out:], func(_ int, summed []int) error {
			product := A(1)
			for i, x := range data {
				product *= x[base[i]+offsetOf(summed, steps[i][e.Out:])]
			}
			sum += product
			return r.spend(len(in) * len(e.Dims))
		})
		if err != nil {
			return err
		}
		return put(r.out[0], o, sum)
	})
}
