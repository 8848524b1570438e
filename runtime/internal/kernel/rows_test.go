package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/mixconv/mixconv/runtime/internal/act"
)

// testWork is memory for one worker.
func testWork(scratch, pieces int) func(int) *Workspace {
	w := &Workspace{Scratch: make([]float32, scratch), Pieces: make([]Piece, pieces)}
	return func(int) *Workspace { return w }
}

func near(t *testing.T, got float32, want, most float64, format string, args ...any) {
	t.Helper()
	if diff := math.Abs(float64(got) - want); !(diff <= most) {
		t.Fatalf(format+": %g, want %g", append(args, got, want)...)
	}
}

// TestSoftmax: rows of every length, with gaps, and large values.
func TestSoftmax(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for i := range 100 * len(Sets) {
		rows, n, gap := 1+r.IntN(40), 1+i/len(Sets), r.IntN(3)
		m := Softmax{Rows: rows, N: n, InRow: n + gap, OutRow: n + 2*gap, In: randoms(r, rows*(n+gap)), Out: make([]float32, rows*(n+2*gap))}
		m.In[r.IntN(n)] += 1000
		m.Work = testWork(m.ScratchSize(), 0)
		m.Bind(Sets[i%len(Sets)]).All()
		for row := range rows {
			x, sum, most := m.In[row*m.InRow:][:n], 0.0, math.Inf(-1)
			for _, v := range x {
				most = max(most, float64(v))
			}
			for _, v := range x {
				sum += math.Exp(float64(v) - most)
			}
			for j, v := range x {
				want := math.Exp(float64(v)-most) / sum
				near(t, m.Out[row*m.OutRow+j], want, 2e-6*want+1e-30, "%s row %d of %d, element %d", Sets[i%len(Sets)].Name, row, n, j)
			}
		}
	}
}

// TestNorm: rows of every length, also far from zero.
func TestNorm(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for i := range 100 * len(Sets) {
		runs := i / len(Sets) % 4
		rows, n := 6, (1+i/len(Sets))*max(1, runs)
		m := Norm{Rows: rows, N: n, InRow: n + 1, OutRow: n, In: randoms(r, rows*(n+1)), Out: make([]float32, rows*n), Epsilon: 1e-5, Runs: runs}
		offset := float32(50 * r.NormFloat64())
		for j := range m.In {
			m.In[j] += offset
		}
		values := 3 * runs // of three rows; or of half of one, or a whole one
		if runs == 0 {
			if values = n; n%2 == 0 {
				values = n / 2
			}
		}
		m.Scale, m.Shift = randoms(r, values), randoms(r, values)
		m.Work = testWork(m.ScratchSize(), 0)
		m.Bind(Sets[i%len(Sets)]).All()
		for row := range rows {
			x, mean, variance := m.In[row*m.InRow:][:n], 0.0, 0.0
			for _, v := range x {
				mean += float64(v) / float64(n)
			}
			for _, v := range x {
				variance += (float64(v) - mean) * (float64(v) - mean) / float64(n)
			}
			for j, v := range x {
				at := j % values
				if runs > 0 {
					at = (row*runs + j/(n/runs)) % values
				}
				want := (float64(v)-mean)/math.Sqrt(variance+m.Epsilon)*float64(m.Scale[at]) + float64(m.Shift[at])
				near(t, m.Out[row*n+j], want, 2e-5, "%s row %d of %d, element %d", Sets[i%len(Sets)].Name, row, n, j)
			}
		}
	}
}

// TestMatMul: batches, sizes and orders at random; what lies outside the result
// must not change.
func TestMatMul(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	for i := range 150 * len(Sets) {
		s := Sets[i%len(Sets)]
		m := MatMul{Batch: []int{1 + r.IntN(2), 1 + r.IntN(3)}, Rows: 1 + r.IntN(20), K: 1 + r.IntN(40), N: 1 + r.IntN(80), Scale: 0.5 + r.Float32(),
			Finish: Finish{Act: act.Func{Kind: act.Kind(r.IntN(2))}}}
		m.Bias = randoms(r, m.N)
		matrix := func(rows, columns int, turned bool) Matrix {
			x := Matrix{Row: columns + r.IntN(3), Column: 1}
			if turned {
				x.Row, x.Column = 1, rows+r.IntN(3)
			}
			size := rows*x.Row + columns*x.Column
			x.Batch = []int{m.Batch[1] * size, size}
			x.Data = randoms(r, m.Batch[0]*m.Batch[1]*size)
			return x
		}
		m.A, m.B, m.Out = matrix(m.Rows, m.K, false), matrix(m.K, m.N, r.IntN(2) == 0), matrix(m.Rows, m.N, false)
		if r.IntN(3) == 0 {
			m.B.Batch[0] = 0
		}
		if r.IntN(2) == 0 {
			m.Residual = matrix(m.Rows, m.N, false)
		}
		if r.IntN(2) == 0 {
			m.RowBias = randoms(r, m.Rows)
		}
		want := m.exact()
		m.Work = testWork(m.ScratchSize(s), 0)
		m.Bind(s).All()
		for j, w := range want {
			near(t, m.Out.Data[j], w, 1e-5*float64(m.K), "%s %+v element %d", s.Name, m.Batch, j)
		}
	}
}

// exact is what Out's data should be.
func (m *MatMul) exact() []float64 {
	want := make([]float64, len(m.Out.Data))
	for i, v := range m.Out.Data {
		want[i] = float64(v)
	}
	for entry := range m.batch() {
		at := entry/m.Batch[1]*m.Out.Batch[0] + entry%m.Batch[1]*m.Out.Batch[1]
		for i := range m.Rows {
			for j := range m.N {
				sum := 0.0
				for k := range m.K {
					sum += float64(m.A.entry(entry, m.Batch)[i*m.A.Row+k]) * float64(m.B.entry(entry, m.Batch)[k*m.B.Row+j*m.B.Column])
				}
				sum = sum*float64(m.Scale) + float64(m.Bias[j])
				if m.RowBias != nil {
					sum += float64(m.RowBias[i])
				}
				if m.Residual.Data != nil {
					sum += float64(m.Residual.entry(entry, m.Batch)[i*m.Residual.Row+j])
				}
				want[at+i*m.Out.Row+j] = exact(m.Finish.Act, sum)
			}
		}
	}
	return want
}

// TestResize: weighted rows and columns of a picture's pixels.
func TestResize(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 28))
	for range 100 {
		in := randomImage(r, 1+r.IntN(2), 1+r.IntN(6), 1+r.IntN(6), 1+r.IntN(20))
		out := randomImage(r, in.N, 1+r.IntN(9), 1+r.IntN(9), in.C)
		taps := func(to, from int) [][]Tap {
			list := make([][]Tap, to)
			for i := range list {
				for range 1 + r.IntN(3) {
					list[i] = append(list[i], Tap{r.IntN(from), float32(r.IntN(3))})
				}
			}
			return list
		}
		m := Resize{In: in, Out: out, Rows: taps(out.H, in.H), Cols: taps(out.W, in.W)}
		m.Work = testWork(m.ScratchSize(), 0)
		m.Bind().All()
		for i := range out.pixels() {
			for c, got := range out.at(i) {
				want := 0.0
				for _, y := range m.Rows[i/out.W%out.H] {
					for _, x := range m.Cols[i%out.W] {
						want += float64(y.Weight) * float64(x.Weight) * float64(in.at((i/(out.H*out.W)*in.H+y.From)*in.W + x.From)[c])
					}
				}
				near(t, got, want, 1e-4, "pixel %d channel %d", i, c)
			}
		}
	}
}
