package eval

import (
	"github.com/mixconv/mixconv/tensor"
)

func argMax(r *run) error {
	return r.argBest(after[float64], after[int64], after[uint64])
}

func argMin(r *run) error {
	return r.argBest(less[float64], less[int64], less[uint64])
}

func after[A number](a, b A) bool { return a > b }

// argBest writes for each row along the axis the index of the element that is
// before all others: the first such, or the last if the attribute asks for it.
func (r *run) argBest(f func(a, b float64) bool, i func(a, b int64) bool, u func(a, b uint64) bool) error {
	x, err := r.widest(r.in[0])
	if err != nil {
		return err
	}
	switch x := x.Data.(type) {
	case []float64:
		return argRows(r, x, f)
	case []int64:
		return argRows(r, x, i)
	case []uint64:
		return argRows(r, x, u)
	}
	return r.noType()
}

func argRows[A number](r *run, x []A, before func(a, b A) bool) error {
	over, err := alongAxis(r)
	if err != nil {
		return err
	}
	out, last := tensor.Data[int64](r.out[0]), r.Attrs.Int("select_last_index", 0) != 0
	return eachRow(r, rowsOver(r.in[0].Shape, over), x, func(i int, row []A, _ []int) error {
		best := 0
		for k, v := range row {
			if before(v, row[best]) || last && v == row[best] {
				best = k
			}
		}
		out[i] = int64(best)
		return nil
	})
}
