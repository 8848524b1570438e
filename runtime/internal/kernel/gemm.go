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

// gemm computes one line after another.
func gemm(dst []float32, dstStride, dstPitch int, a []float32, aStride, m, lines int, pieces []Piece, k int, w, bias []float32, n int, lo, hi float32) {
	for r := range lines {
		if m > 0 {
			gemmLine(dst[r*dstPitch:], dstStride, a[r*m*aStride:], aStride, m, pieces, k, w, bias, n, lo, hi)
		}
	}
}

// gemmLine adds one block after another to the bias in dst.
func gemmLine(dst []float32, dstStride int, a []float32, aStride, m int, pieces []Piece, k int, w, bias []float32, n int, lo, hi float32) {
	count, run := blocks(len(pieces), k)
	if count == len(pieces) && run == k {
		gemmBlock(dst, dstStride, a, aStride, m, pieces, k, w, bias, n, lo, hi)
		return
	}
	for i := range m {
		copy(dst[i*dstStride:], bias[:n])
	}
	for p := 0; p < len(pieces); p += count {
		some := pieces[p:min(p+count, len(pieces))]
		for from := 0; from < k; from += run {
			low, high := -infinity, infinity
			if p+count >= len(pieces) && from+run >= k {
				low, high = lo, hi
			}
			gemmBlock(dst, dstStride, a[from:], aStride, m, some, min(run, k-from), w[panel*from:], nil, n, low, high)
		}
	}
}

// gemmBlock keeps a tile of two rows and four columns in registers. Without a bias
// it adds to what dst has.
func gemmBlock(dst []float32, dstStride int, a []float32, aStride, m int, pieces []Piece, k int, w, bias []float32, n int, lo, hi float32) {
	var b [panel]float32
	if bias != nil {
		copy(b[:], bias[:n])
	}
	i := 0
	for ; i+2 <= m; i += 2 {
		c := tile2{b[0], b[1], b[2], b[3], b[0], b[1], b[2], b[3]}
		for _, p := range pieces {
			c = c.add(a[i*aStride+p.A:][:k], a[(i+1)*aStride+p.A:][:k], w[panel*p.W:][:panel*k])
		}
		store(dst[i*dstStride:][:n], c[:panel], bias == nil, lo, hi)
		store(dst[(i+1)*dstStride:][:n], c[panel:], bias == nil, lo, hi)
	}
	if i < m {
		c := b
		for _, p := range pieces {
			c = addRow(c, a[i*aStride+p.A:][:k], w[panel*p.W:][:panel*k])
		}
		store(dst[i*dstStride:][:n], c[:], bias == nil, lo, hi)
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

// rows are what multiply reads: lines of m rows of a, stride apart, of each the
// pieces of length k.
type rows struct {
	a                []float32
	stride, m, lines int
	pieces           []Piece
	k                int
}

// product leaves everything to Gemm.
func product(dst, a, panels, bias []float32, lo, hi float32) int { return 0 }

// multiply computes all of p's rows for the rows of a, clamped.
func (s *Set) multiply(dst []float32, dstStride, dstPitch int, r rows, p Packed, bias []float32, lo, hi float32) {
	row := 0
	if r.m*r.lines == 1 && len(r.pieces) == 1 && r.pieces[0] == (Piece{}) && r.k == p.K {
		row = s.Product(dst[:p.Rows], r.a[:p.K], p.Data, bias, lo, hi)
	}
	for ; row < p.Rows; row += s.Panel {
		s.Gemm(dst[row:], dstStride, dstPitch, r.a, r.stride, r.m, r.lines, r.pieces, r.k, p.Data[row*p.K:(row+s.Panel)*p.K], bias[row:], min(s.Panel, p.Rows-row), lo, hi)
	}
}
