package kernel

import "github.com/mixconv/mixconv/runtime/internal/act"

// Softmax is e^x over the sum of it, row by row.
type Softmax struct {
	Rows, N       int
	In, Out       []float32
	InRow, OutRow int // floats from one row to the next
	Sums          func(worker int) *[PoolChannels]float64
}

// Bind returns the job. The largest value of a row is subtracted first.
func (m Softmax) Bind(s *Set) Job {
	return rowJob(m.Rows, m.N, func(row, worker int) {
		x, y := m.In[row*m.InRow:][:m.N], m.Out[row*m.OutRow:][:m.N]
		s.Activate(y, 0, x, 0, 1, m.N, act.Func{Kind: act.Exp, A: greatest(x)})
		factor := float32(1 / s.total(y, m.Sums(worker)))
		for i, v := range y {
			y[i] = v * factor
		}
	})
}

// greatest is the largest of x but for NaN.
func greatest(x []float32) float32 {
	a, b := -infinity, -infinity
	for ; len(x) >= 2; x = x[2:] {
		if x[0] > a {
			a = x[0]
		}
		if x[1] > b {
			b = x[1]
		}
	}
	if len(x) > 0 && x[0] > a {
		a = x[0]
	}
	return max(a, b)
}
