package kernel

import "github.com/mixconv/mixconv/runtime/internal/act"

// Softmax is e^x over the sum of it, row by row.
type Softmax struct {
	Rows, N       int
	In, Out       []float32
	InRow, OutRow int                         // floats from one row to the next
	Work          func(worker int) *Workspace // with room for ScratchSize
}

// ScratchSize is the number of floats that Bind's job needs per worker.
func (m *Softmax) ScratchSize() int { return rowScratch(0) }

// Bind returns the job. The largest value of a row is subtracted first.
func (m Softmax) Bind(s *Set) Job {
	return rowJob(m.Rows, m.N, func(row, worker int) {
		x, y := m.In[row*m.InRow:][:m.N], m.Out[row*m.OutRow:][:m.N]
		w := newRowwise(0, m.Work(worker))
		s.Activate(y, 0, x, 0, 1, m.N, act.Func{Kind: act.Exp, A: w.greatest(s, x)})
		w.with(s.Mul, y, y, float32(1/w.total(s, y)))
	})
}
