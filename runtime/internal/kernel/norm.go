package kernel

import "math"

// Norm brings every row to mean 0 and variance 1, and then multiplies and adds:
// LayerNormalization and its relatives.
type Norm struct {
	Rows, N       int
	In, Out       []float32
	InRow, OutRow int // floats from one row to the next
	Epsilon       float64
	// Scale and Shift have one value for each element of a row or, with PerRow,
	// one for each row of len(Scale) that repeat.
	Scale, Shift []float32
	PerRow       bool
	Sums         func(worker int) *[PoolChannels]float64
}

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

// Bind returns the job. Mean and variance are sums of float32 over short runs,
// and of float64 over these.
func (m Norm) Bind(s *Set) Job {
	return rowJob(m.Rows, m.N, func(row, worker int) {
		x, y := m.In[row*m.InRow:][:m.N], m.Out[row*m.OutRow:][:m.N]
		n := float64(m.N)
		mean := float32(s.total(x, m.Sums(worker)) / n)
		for i, v := range x {
			y[i] = v - mean
		}
		// What rounding the mean left is taken out of the variance again.
		rest := s.total(y, m.Sums(worker)) / n
		variance := max(0, squares(y)/n-rest*rest)
		factor := 1 / math.Sqrt(variance+m.Epsilon)
		m.affine(y, row, float32(factor), float32(rest))
	})
}

// affine writes (y - rest)·factor, scaled and shifted.
func (m *Norm) affine(y []float32, row int, factor, rest float32) {
	if m.PerRow {
		i := row % len(m.Scale)
		factor *= m.Scale[i]
		shift := m.Shift[i] - rest*factor
		for i, v := range y {
			y[i] = v*factor + shift
		}
		return
	}
	scale, shift := m.Scale[:len(y)], m.Shift[:len(y)]
	for i, v := range y {
		y[i] = (v-rest)*factor*scale[i] + shift[i]
	}
}

// total is the sum of x; sums is where those of each eighth value go.
func (s *Set) total(x []float32, sums *[PoolChannels]float64) float64 {
	const lanes = 8
	pixels := len(x) / lanes
	s.Sum(sums[:lanes], x, lanes, pixels)
	sum := 0.0
	for _, v := range sums[:lanes] {
		sum += v
	}
	for _, v := range x[pixels*lanes:] {
		sum += float64(v)
	}
	return sum
}

// squares is the sum of x², in float32 over runs of 32.
func squares(x []float32) float64 {
	sum := 0.0
	for len(x) > 0 {
		run := x[:min(32, len(x))]
		x = x[len(run):]
		var a, b, c, d float32
		for ; len(run) >= 4; run = run[4:] {
			a += run[0] * run[0]
			b += run[1] * run[1]
			c += run[2] * run[2]
			d += run[3] * run[3]
		}
		for _, v := range run {
			a += v * v
		}
		sum += float64((a + b) + (c + d))
	}
	return sum
}
