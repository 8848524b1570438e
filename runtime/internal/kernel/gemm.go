package kernel

const panel = 4

// What rounding takes from a sum grows with its length, and with how large it is on
// the way. A sum of more than uncut products is cut into blocks of at most
// blockLength, which are added to the bias then: a batch norm's mean makes a bias
// that is larger than most sums. A piece of up to uncut products is a block whole.
// The end of a block takes the time of one or two products. blockLength is even, as the steps of Gemm's loop are.
const (
	uncut       = 96
	blockLength = 64
)

// blocks says how a sum over pieces of k products is cut, about evenly: a block is
// count pieces, or run products of one.
func blocks(pieces, k int) (count, run int) {
	switch {
	case pieces*k <= uncut:
		return pieces, k
	case k <= uncut:
		return evenly(pieces, max(1, blockLength/k)), k
	}
	run = evenly(k, blockLength)
	return 1, run + run%2
}

// evenly is the size of the fewest parts of n that have at most most each.
func evenly(n, most int) int {
	parts := (n + most - 1) / most
	return (n + parts - 1) / parts
}

// gemm is the plain Gemm: one line after another.
func gemm(g *GemmArgs) {
	for r := range g.Lines {
		if g.M > 0 {
			g.line(g.Dst[r*g.DstPitch:], g.A[r*g.M*g.AStride:])
		}
	}
}

// line adds one block after another to the bias in dst.
func (g *GemmArgs) line(dst, a []float32) {
	count, run := blocks(len(g.Pieces), g.K)
	if count == len(g.Pieces) && run == g.K {
		g.block(dst, a, g.Pieces, g.K, g.Panel, g.Bias, g.Lo, g.Hi)
		return
	}
	for i := range g.M {
		copy(dst[i*g.DstStride:], g.Bias[:g.N])
	}
	for p := 0; p < len(g.Pieces); p += count {
		some := g.Pieces[p:min(p+count, len(g.Pieces))]
		for from := 0; from < g.K; from += run {
			low, high := -infinity, infinity
			if p+count >= len(g.Pieces) && from+run >= g.K {
				low, high = g.Lo, g.Hi
			}
			g.block(dst, a[from:], some, min(run, g.K-from), g.Panel[panel*from:], nil, low, high)
		}
	}
}

// block keeps a tile of two rows and four columns in registers. Without a bias it adds
// to what dst has.
func (g *GemmArgs) block(dst, a []float32, pieces []Piece, k int, w, bias []float32, lo, hi float32) {
	var b [panel]float32
	if bias != nil {
		copy(b[:], bias[:g.N])
	}
	i := 0
	for ; i+2 <= g.M; i += 2 {
		c := tile2{b[0], b[1], b[2], b[3], b[0], b[1], b[2], b[3]}
		for _, p := range pieces {
			c = c.add(a[i*g.AStride+p.A:][:k], a[(i+1)*g.AStride+p.A:][:k], w[panel*p.W:][:panel*k])
		}
		store(dst[i*g.DstStride:][:g.N], c[:panel], bias == nil, lo, hi)
		store(dst[(i+1)*g.DstStride:][:g.N], c[panel:], bias == nil, lo, hi)
	}
	if i < g.M {
		c := b
		for _, p := range pieces {
			c = addRow(c, a[i*g.AStride+p.A:][:k], w[panel*p.W:][:panel*k])
		}
		store(dst[i*g.DstStride:][:g.N], c[:], bias == nil, lo, hi)
	}
}

// store moves a row's sums to dst, or adds them, and clamps the result.
func store(dst, sums []float32, add bool, lo, hi float32) {
	if add {
		for i := range dst {
			dst[i] += sums[i]
		}
	} else {
		copy(dst, sums)
	}
	clamp(dst, lo, hi)
}

// clamp holds x in lo … hi; NaN stays.
func clamp(x []float32, lo, hi float32) {
	for i, v := range x {
		if v < lo {
			x[i] = lo
		}
		if v > hi {
			x[i] = hi
		}
	}
}

type tile2 [2 * panel]float32

func (c tile2) add(x0, x1, w []float32) tile2 {
	c00, c01, c02, c03 := c[0], c[1], c[2], c[3]
	c10, c11, c12, c13 := c[4], c[5], c[6], c[7]
	x1 = x1[:len(x0)]
	w = w[:panel*len(x0)]
	for k, v0 := range x0 {
		v1 := x1[k]
		q := w[panel*k : panel*k+panel : panel*k+panel]
		c00 += v0 * q[0]
		c01 += v0 * q[1]
		c02 += v0 * q[2]
		c03 += v0 * q[3]
		c10 += v1 * q[0]
		c11 += v1 * q[1]
		c12 += v1 * q[2]
		c13 += v1 * q[3]
	}
	return tile2{c00, c01, c02, c03, c10, c11, c12, c13}
}

func addRow(c [panel]float32, x, w []float32) [panel]float32 {
	w = w[:panel*len(x)]
	for k, v := range x {
		q := w[panel*k : panel*k+panel : panel*k+panel]
		c[0] += v * q[0]
		c[1] += v * q[1]
		c[2] += v * q[2]
		c[3] += v * q[3]
	}
	return c
}

// product leaves everything to Gemm.
func product(dst, a, panels, bias []float32, lo, hi float32) int { return 0 }

// multiply computes all of p's rows from dst on, where g says how dst lies, what is on
// the left, and the bounds.
func (s *Set) multiply(g *GemmArgs, dst []float32, p Packed, bias []float32) {
	row := 0
	if g.M*g.Lines == 1 && len(g.Pieces) == 1 && g.Pieces[0] == (Piece{}) && g.K == p.K {
		row = s.Product(dst[:p.Rows], g.A[:p.K], p.Data, bias, g.Lo, g.Hi)
	}
	for ; row < p.Rows; row += s.Panel {
		g.Dst, g.Panel, g.Bias = dst[row:], p.Data[row*p.K:(row+s.Panel)*p.K], bias[row:]
		g.N = min(s.Panel, p.Rows-row)
		s.Gemm(g)
	}
}
