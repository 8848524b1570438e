package kernel

import "github.com/mixconv/mixconv/runtime/internal/act"

// MatMul is a batch of products of two matrices that a run makes:
// Out[i][j] = act(Scale·Σ_k A[i][k]·B[k][j] + Bias[j] + RowBias[i] + Residual[i][j]).
// The columns of all but B lie side by side. B may lie in any order: its panels
// are packed when they are needed.
type MatMul struct {
	Batch      []int // sizes of the dimensions that the product is repeated over
	Rows, K, N int
	A, B, Out  Matrix
	Scale      float32
	Residual   Matrix                      // Data nil: none
	Bias       []float32                   // one a column
	RowBias    []float32                   // one a row, or nil
	Finish     Finish                      // for its Act
	Work       func(worker int) *Workspace // with room for ScratchSize
}

// Matrix is where the matrices of a batch lie: element [i][j] of entry b is
// Data[Σ b_d·Batch[d] + i·Row + j·Column].
type Matrix struct {
	Data        []float32
	Batch       []int
	Row, Column int
}

// entry is the data of the i-th matrix.
func (m *Matrix) entry(i int, batch []int) []float32 {
	at := 0
	for d := len(batch) - 1; d >= 0; d-- {
		at += i % batch[d] * m.Batch[d]
		i /= batch[d]
	}
	return m.Data[at:]
}

// packFloats bounds the packed panels of a task.
const packFloats = 32 << 10

func (m *MatMul) batch() int {
	n := 1
	for _, d := range m.Batch {
		n *= d
	}
	return n
}

// group is the number of panels of a task: few enough for several workers to
// have some each.
func (m *MatMul) group(s *Set) int {
	panels := (m.N + s.Panel - 1) / s.Panel
	parts := (leastTasks + m.batch() - 1) / m.batch()
	return max(1, min((panels+parts-1)/parts, packFloats/(m.K*s.Panel)))
}

// ScratchSize is the number of floats that Bind's job needs per worker.
func (m *MatMul) ScratchSize(s *Set) int { return m.group(s) * s.Panel * m.K }

// Bind returns the job; a task is some columns of one product.
func (m MatMul) Bind(s *Set) Job {
	wide := m.group(s) * s.Panel
	groups := (m.N + wide - 1) / wide
	return Job{Tasks: m.batch() * groups, Run: func(task, worker int) {
		from := task % groups * wide
		m.columns(s, task/groups, from, min(wide, m.N-from), m.Work(worker))
	}}
}

// columns computes n columns of a product from column from on, a tile of rows
// that stays in the cache after the other.
func (m *MatMul) columns(s *Set, entry, from, n int, work *Workspace) {
	g, packed := &work.gemm, work.Scratch
	b := m.B.entry(entry, m.Batch)[from*m.B.Column:]
	for j := 0; j < n; j += s.Panel {
		m.pack(s, packed[j*m.K:], b[j*m.B.Column:], min(s.Panel, n-j))
	}
	a, dst := m.A.entry(entry, m.Batch), m.Out.entry(entry, m.Batch)[from:]
	finish := m.Finish
	if m.Residual.Data != nil {
		finish.Residual = Image{Data: m.Residual.entry(entry, m.Batch)[from:], Pixel: m.Residual.Row, C: n}
	}
	out := Image{Data: dst, Pixel: m.Out.Row, C: n}
	tile := max(s.Rows, tallFloats/m.K/s.Rows*s.Rows)
	for i := 0; i < m.Rows; i += tile {
		g.Left = Left{A: a[i*m.A.Row:], AStride: m.A.Row, M: min(tile, m.Rows-i), Lines: 1, Pieces: onePiece, K: m.K}
		g.DstStride, g.DstPitch, g.Lo, g.Hi = m.Out.Row, 0, -infinity, infinity
		s.multiply(g, dst[i*m.Out.Row:], Packed{Rows: n, K: m.K, Data: packed}, m.Bias[from:])
		if m.RowBias != nil {
			m.addRowBias(dst, i, g.M, n)
		}
		finish.apply(s, &out, i, g.M)
	}
}

// pack arranges n columns of b as a panel that Gemm reads.
func (m *MatMul) pack(s *Set, to, b []float32, n int) {
	to = to[:m.K*s.Panel]
	if n < s.Panel {
		clear(to)
	}
	switch {
	case m.B.Column == 1:
		s.Activate(to, s.Panel, b, m.B.Row, m.K, n, act.Func{})
	case m.B.Row == 1:
		j := 0
		for ; j+4 <= n; j += 4 {
			pack4(to[j:], s.Panel, b[j*m.B.Column:], m.B.Column, m.K)
		}
		for ; j < n; j++ {
			s.Activate(to[j:], s.Panel, b[j*m.B.Column:], 1, m.K, 1, act.Func{})
		}
	default:
		for j := range n {
			s.Activate(to[j:], s.Panel, b[j*m.B.Column:], m.B.Row, m.K, 1, act.Func{})
		}
	}
	if m.Scale != 1 {
		for i := range to {
			to[i] *= m.Scale
		}
	}
}

// pack4 writes four columns of k neighbouring elements side by side.
func pack4(to []float32, panel int, b []float32, column, k int) {
	b0, b1, b2, b3 := b[:k], b[column:][:k], b[2*column:][:k], b[3*column:][:k]
	for i, v := range b0 {
		row := to[i*panel:][:4:4]
		row[0], row[1], row[2], row[3] = v, b1[i], b2[i], b3[i]
	}
}

func (m *MatMul) addRowBias(dst []float32, first, rows, n int) {
	for i := first; i < first+rows; i++ {
		row, b := dst[i*m.Out.Row:][:n], m.RowBias[i]
		for j := range row {
			row[j] += b
		}
	}
}
