package eval

import "github.com/mixconv/mixconv/tensor"

// rows is how many operators see a tensor: as lists of the elements that differ
// only in their indices along some axes.
type rows struct {
	n      int    // elements of a row
	inside []loop // from a row's first element to the others
	firsts []loop // to the first element of every row
}

// rowsOver sees a tensor of the given shape as rows along the axes marked. Rows
// stand in row-major order of the other axes.
func rowsOver(shape tensor.Shape, over []bool) rows {
	along, across := shape.Clone(), shape.Clone()
	for i := range shape {
		if over[i] {
			across[i] = 1
		} else {
			along[i] = 1
		}
	}
	steps := strides(shape)
	return rows{along.Elements(), nest(along, steps), nest(across, steps)}
}

// axisOnly marks one of rank axes.
func axisOnly(axis, rank int) []bool {
	over := make([]bool, rank)
	over[axis] = true
	return over
}

// axesFrom marks all of rank axes from first on.
func axesFrom(first, rank int) []bool {
	over := make([]bool, rank)
	for i := first; i < rank; i++ {
		over[i] = true
	}
	return over
}

// eachRow calls f with every row of x in turn: its number, its elements in row,
// which f may change, and where they are in x.
func eachRow[A number](r *run, s rows, x []A, f func(i int, row []A, at []int) error) error {
	if _, err := r.scratch(2 * s.n); err != nil {
		return err
	}
	offsets, row, at := make([]int, 0, s.n), make([]A, s.n), make([]int, s.n)
	if s.n > 0 {
		err := r.walk(s.inside, [operands]int{}, func(l loop, from [operands]int) {
			for i := range l.n {
				offsets = append(offsets, from[0]+i*l.step[0])
			}
		})
		if err != nil {
			return err
		}
	}
	number := 0
	var failed error
	err := r.walk(s.firsts, [operands]int{}, func(l loop, from [operands]int) {
		for i := range l.n {
			if failed != nil {
				return
			}
			for k, o := range offsets {
				at[k] = from[0] + i*l.step[0] + o
				row[k] = x[at[k]]
			}
			if failed = f(number, row, at); failed == nil {
				failed = r.spend(s.n)
			}
			number++
		}
	})
	if failed != nil {
		return failed
	}
	return err
}

// mapRows is the kernel of operators on floats that replace each row by one of
// the same length, computed by f in place. over says which axes a row has.
func mapRows(over func(*run) ([]bool, error), f func(r *run, row []float64)) kernel {
	return func(r *run) error {
		axes, err := over(r)
		if err != nil {
			return err
		}
		x, err := r.floats(r.in[0])
		if err != nil {
			return err
		}
		return eachRow(r, rowsOver(r.in[0].Shape, axes), x, func(_ int, row []float64, at []int) error {
			f(r, row)
			for i, v := range row {
				store(r.out[0], at[i], 1, []float64{v})
			}
			return nil
		})
	}
}

// alongAxis is for mapRows: the rows are along the attribute axis.
func alongAxis(r *run) ([]bool, error) {
	axis, err := r.Axis()
	if err != nil {
		return nil, err
	}
	return axisOnly(axis, len(r.in[0].Shape)), nil
}
