package kernel

import "math"

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
		most := greatest(x)
		for i, v := range x {
			y[i] = exp(v - most)
		}
		factor := float32(1 / s.total(y, m.Sums(worker)))
		for i, v := range y {
			y[i] = v * factor
		}
	})
}

// greatest is the largest of x, or NaN if one is.
func greatest(x []float32) float32 {
	a := float32(math.Inf(-1))
	b := a
	for ; len(x) >= 2; x = x[2:] {
		a, b = max(a, x[0]), max(b, x[1])
	}
	if len(x) > 0 {
		a = max(a, x[0])
	}
	return max(a, b)
}
