package kernel

import "math"

// Norm brings every row to mean 0 and variance 1, and then multiplies and adds:
// LayerNormalization and its relatives.
type Norm struct {
	Rows, N       int
	In, Out       []float32
	InRow, OutRow int // floats from one row to the next
	Epsilon       float64
	// Scale and Shift are alike. With Runs 0 they stand side by side in a row. Otherwise
	// a row is that many runs of equally many elements, and one run after another has
	// one of the values. Behind the last comes the first again.
	Scale, Shift []float32
	Runs         int
	Work         func(worker int) *Workspace // with room for ScratchSize
}

// ScratchSize is the number of floats that Bind's job needs per worker.
func (m *Norm) ScratchSize() int { return rowScratch(m.N) }

// Bind returns the job. What rounding leaves of the mean is taken away after the
// rest of it, and out of the variance.
func (m Norm) Bind(s *Set) Job {
	return rowJob(m.Rows, m.N, func(row, worker int) {
		x, y := m.In[row*m.InRow:][:m.N], m.Out[row*m.OutRow:][:m.N]
		w, n := newRowwise(m.N, m.Work(worker)), float64(m.N)
		w.with(s.Add, y, x, -float32(w.total(s, x)/n))
		rest := w.total(s, y) / n
		s.Mul(w.row, 0, y, 0, y, 0, 1, m.N)
		variance := max(0, w.total(s, w.row)/n-rest*rest)
		if rest != 0 {
			w.with(s.Add, y, y, -float32(rest))
		}
		factor := float32(1 / math.Sqrt(variance+m.Epsilon))
		if n, c := m.N, len(m.Scale); m.Runs == 0 {
			w.with(s.Mul, y, y, factor)
			s.Mul(y, c, y, c, m.Scale, 0, n/c, c)
			s.Add(y, c, y, c, m.Shift, 0, n/c, c)
			return
		}
		for run := range m.Runs {
			i, part := (row*m.Runs+run)%len(m.Scale), y[run*(m.N/m.Runs):][:m.N/m.Runs]
			w.with(s.Mul, part, part, factor*m.Scale[i])
			w.with(s.Add, part, part, m.Shift[i])
		}
	})
}
