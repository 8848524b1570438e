package kernel

// Plain Go with the widths of an instruction set's vectors: slow, and for tests of
// what depends on the widths alone.

// wideGemm is Gemm with panels of any width, one row after another.
func wideGemm(panel int) func(dst []float32, dstStride, dstPitch int, a []float32, aStride, m, lines int, pieces []Piece, k int, w, bias []float32, n int, lo, hi float32) {
	return func(dst []float32, dstStride, dstPitch int, a []float32, aStride, m, lines int, pieces []Piece, k int, w, bias []float32, n int, lo, hi float32) {
		for i := range max(0, m) * max(0, lines) {
			out := dst[i/m*dstPitch+i%m*dstStride:][:n]
			wideSums(out, a, i*aStride, pieces, k, w, panel, bias)
			clamp(out, lo, hi)
		}
	}
}

// wideSums adds products to the bias, block by block.
func wideSums(out, a []float32, at int, pieces []Piece, k int, w []float32, panel int, bias []float32) {
	copy(out, bias)
	count, run := blocks(len(pieces), k)
	var room [32]float32 // of the widest panel
	sums := room[:len(out)]
	for p := 0; p < len(pieces); p += max(1, count) {
		for from := 0; from < k; from += run {
			clear(sums)
			for _, piece := range pieces[p:min(p+count, len(pieces))] {
				for l := from; l < min(from+run, k); l++ {
					x, weights := a[at+piece.A+l], w[(piece.W+l)*panel:]
					for j := range sums {
						sums[j] += x * weights[j]
					}
				}
			}
			for j, sum := range sums {
				out[j] += sum
			}
		}
	}
}

// wideDepthwise is Depthwise with planes of any number of lanes, for whole vectors.
func wideDepthwise(lanes, vector int) func(dst []float32, dstStep, dstPitch int, x []float32, xStep, xPitch int, w, bias []float32, taps []int, line, rows, pixels, channels int, lo, hi float32) {
	return func(dst []float32, dstStep, dstPitch int, x []float32, xStep, xPitch int, w, bias []float32, taps []int, _, rows, pixels, channels int, lo, hi float32) {
		whole := (channels + vector - 1) / vector * vector
		depthwise(dst, dstStep, dstPitch, x, xStep, xPitch, w, bias, taps, lanes, rows, pixels, whole, lo, hi)
	}
}
