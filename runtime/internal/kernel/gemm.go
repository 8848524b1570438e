package kernel

const panel = 4

// gemm keeps a tile of two rows and four columns in registers.
func gemm(dst []float32, dstStride int, a []float32, aStride, m, k int, w, bias []float32, n int) {
	var b [panel]float32
	copy(b[:], bias[:n])
	i := 0
	for ; i+2 <= m; i += 2 {
		x0 := a[i*aStride:][:k]
		x1 := a[(i+1)*aStride:][:k]
		c := tile2(x0, x1, w[:panel*k], b)
		copy(dst[i*dstStride:][:n], c[:panel])
		copy(dst[(i+1)*dstStride:][:n], c[panel:])
	}
	if i < m {
		c := tile1(a[i*aStride:][:k], w[:panel*k], b)
		copy(dst[i*dstStride:][:n], c[:])
	}
}

func tile2(x0, x1, w []float32, b [panel]float32) [2 * panel]float32 {
	c00, c01, c02, c03 := b[0], b[1], b[2], b[3]
	c10, c11, c12, c13 := b[0], b[1], b[2], b[3]
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
	return [2 * panel]float32{c00, c01, c02, c03, c10, c11, c12, c13}
}

func tile1(x, w []float32, b [panel]float32) [panel]float32 {
	w = w[:panel*len(x)]
	for k, v := range x {
		q := w[panel*k : panel*k+panel : panel*k+panel]
		b[0] += v * q[0]
		b[1] += v * q[1]
		b[2] += v * q[2]
		b[3] += v * q[3]
	}
	return b
}

// Packed is a matrix [rows][k] of weights as Gemm reads it: panels of
// set.Panel rows, each [k][Panel], the last one filled up with zeros.
type Packed struct {
	Rows, K int
	Data    []float32
}

// Pack arranges rows × k weights, where weight (row, i) is at(row, i).
func (s *Set) Pack(rows, k int, at func(row, i int) float32) Packed {
	panels := (rows + s.Panel - 1) / s.Panel
	p := Packed{Rows: rows, K: k, Data: make([]float32, panels*k*s.Panel)}
	for row := range rows {
		base := row / s.Panel * k * s.Panel
		for i := range k {
			p.Data[base+i*s.Panel+row%s.Panel] = at(row, i)
		}
	}
	return p
}

// multiply computes all of p's rows for m rows of a.
func (s *Set) multiply(dst []float32, dstStride int, a []float32, aStride, m int, p Packed, bias []float32) {
	for row := 0; row < p.Rows; row += s.Panel {
		w := p.Data[row*p.K:][:p.K*s.Panel]
		s.Gemm(dst[row:], dstStride, a, aStride, m, p.K, w, bias[row:], min(s.Panel, p.Rows-row))
	}
}
