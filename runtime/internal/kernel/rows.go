package kernel

// wide is how many elements of a row are treated alike at once where one number
// meets all of them.
const wide = 32

// rowTask is how many elements a task of rows has at least.
const rowTask = 1 << 12

// rowJob runs f on every row; a task is some of them.
func rowJob(rows, n int, f func(row, worker int)) Job {
	per := max(1, rowTask/max(n, 1))
	return Job{Tasks: (rows + per - 1) / per, Run: func(task, worker int) {
		for i := task * per; i < min((task+1)*per, rows); i++ {
			f(i, worker)
		}
	}}
}

// rowwise is a row's memory of a worker, for rows of n elements.
type rowwise struct {
	number []float32 // [wide]
	row    []float32 // [n]
	sums   []float64
}

// rowScratch is the number of floats that it takes.
func rowScratch(n int) int { return wide + n }

func newRowwise(n int, work *Workspace) rowwise {
	return rowwise{work.Scratch[:wide], work.Scratch[wide:][:n], work.Sums[:8]}
}

// with computes dst = op(x, v), where op is s.Add or s.Mul.
func (w *rowwise) with(op func(dst []float32, dstStep int, a []float32, aStep int, b []float32, bStep, rows, n int), dst, x []float32, v float32) {
	for i := range w.number {
		w.number[i] = v
	}
	whole := len(x) / wide
	op(dst, wide, x, wide, w.number, 0, whole, wide)
	op(dst[whole*wide:], 0, x[whole*wide:], 0, w.number, 0, 1, len(x)-whole*wide)
}

// total is the sum of x: that of each eighth element first, in float32 over short
// runs and in float64 over these.
func (w *rowwise) total(s *Set, x []float32) float64 {
	pixels := len(x) / len(w.sums)
	s.Sum(w.sums, x, len(w.sums), pixels)
	sum := 0.0
	for _, v := range w.sums {
		sum += v
	}
	for _, v := range x[pixels*len(w.sums):] {
		sum += float64(v)
	}
	return sum
}

// greatest is the largest element of x; NaN if one is, or not.
func (w *rowwise) greatest(s *Set, x []float32) float32 {
	const lanes = wide / 2
	most := -infinity
	if whole := len(x) / lanes; whole > 1 {
		some := w.number[:lanes]
		copy(some, x)
		s.Max(some, 0, some, 0, x[lanes:], lanes, whole-1, lanes)
		x = x[whole*lanes:]
		for _, v := range some {
			most = max(most, v)
		}
	}
	for _, v := range x {
		most = max(most, v)
	}
	return most
}
